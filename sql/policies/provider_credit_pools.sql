-- provider_credit_pools: a tenant reads and writes its own rows; a holding also reads those of its
-- direct subsidiaries.

ALTER TABLE awgp.provider_credit_pools ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.provider_credit_pools FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.provider_credit_pools ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_provider_credit_pools ON awgp.provider_credit_pools;
CREATE POLICY tenant_isolation_provider_credit_pools ON awgp.provider_credit_pools FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_provider_credit_pools ON awgp.provider_credit_pools IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.provider_credit_pools;
CREATE POLICY own_tenant_insert ON awgp.provider_credit_pools FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.provider_credit_pools IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.provider_credit_pools;
CREATE POLICY own_tenant_update ON awgp.provider_credit_pools FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.provider_credit_pools IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_delete ON awgp.provider_credit_pools;
CREATE POLICY own_tenant_delete ON awgp.provider_credit_pools FOR DELETE
    USING (tenant_id = (SELECT awgp.current_tenant()));
COMMENT ON POLICY own_tenant_delete ON awgp.provider_credit_pools IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.provider_credit_pools FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.provider_credit_pools TO awgp_app;
