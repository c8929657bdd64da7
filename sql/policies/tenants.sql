-- tenants: seen by themselves and their holding, written by administrators.

ALTER TABLE awgp.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.tenants FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_tenants ON awgp.tenants;
CREATE POLICY tenant_isolation_tenants ON awgp.tenants FOR SELECT
    USING (awgp.own_or_visible(
        id = (SELECT awgp.own_tenant()),
        id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_tenants ON awgp.tenants IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS administrators_all ON awgp.tenants;
CREATE POLICY administrators_all ON awgp.tenants FOR ALL TO awgp_admin USING (true) WITH CHECK (true);
COMMENT ON POLICY administrators_all ON awgp.tenants IS 'Members of awgp_admin read and write every tenant.';

DROP POLICY IF EXISTS auditors_select ON awgp.tenants;
CREATE POLICY auditors_select ON awgp.tenants FOR SELECT TO awgp_auditor USING (true);
COMMENT ON POLICY auditors_select ON awgp.tenants IS 'Auditors read every tenant, to know whose trail they read.';

REVOKE ALL ON awgp.tenants FROM PUBLIC;
GRANT SELECT ON awgp.tenants TO awgp_app;
GRANT SELECT (id, name, slug, type, parent_tenant_id, is_active, created_at) ON awgp.tenants TO awgp_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.tenants TO awgp_admin;
