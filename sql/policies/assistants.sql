-- assistants: the one table whose rows a holding also writes in its direct subsidiaries.

ALTER TABLE awgp.assistants ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.assistants FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.assistants ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

-- Restrictive, so that no policy added later opens the table beyond what a tenant may see.
DROP POLICY IF EXISTS tenant_isolation_assistants ON awgp.assistants;
CREATE POLICY tenant_isolation_assistants ON awgp.assistants AS RESTRICTIVE FOR ALL
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])))
    WITH CHECK (tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]));
COMMENT ON POLICY tenant_isolation_assistants ON awgp.assistants IS 'Only rows of the tenant in context and, for a holding, of its direct active subsidiaries, whatever other policies allow.';

DROP POLICY IF EXISTS holding_company_access ON awgp.assistants;
CREATE POLICY holding_company_access ON awgp.assistants FOR ALL
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])))
    WITH CHECK (tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]));
COMMENT ON POLICY holding_company_access ON awgp.assistants IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.assistants FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.assistants TO awgp_app;
