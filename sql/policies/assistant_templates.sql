-- assistant_templates: no tenant's, read by every application, written by administrators.

ALTER TABLE awgp.assistant_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.assistant_templates FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenants_select ON awgp.assistant_templates;
CREATE POLICY tenants_select ON awgp.assistant_templates FOR SELECT
    USING ((SELECT awgp.current_tenant()) IS NOT NULL);
COMMENT ON POLICY tenants_select ON awgp.assistant_templates IS 'Every row, if a tenant is in context.';

DROP POLICY IF EXISTS administrators_all ON awgp.assistant_templates;
CREATE POLICY administrators_all ON awgp.assistant_templates FOR ALL TO awgp_admin USING (true) WITH CHECK (true);
COMMENT ON POLICY administrators_all ON awgp.assistant_templates IS 'Members of awgp_admin read and write every template.';

REVOKE ALL ON awgp.assistant_templates FROM PUBLIC;
GRANT SELECT ON awgp.assistant_templates TO awgp_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.assistant_templates TO awgp_admin;
