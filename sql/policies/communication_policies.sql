-- communication_policies: a tenant reads and writes its own rows; a holding also reads those of its
-- direct subsidiaries.

ALTER TABLE awgp.communication_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.communication_policies FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.communication_policies ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_communication_policies ON awgp.communication_policies;
CREATE POLICY tenant_isolation_communication_policies ON awgp.communication_policies FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_communication_policies ON awgp.communication_policies IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.communication_policies;
CREATE POLICY own_tenant_insert ON awgp.communication_policies FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.communication_policies IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.communication_policies;
CREATE POLICY own_tenant_update ON awgp.communication_policies FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.communication_policies IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_delete ON awgp.communication_policies;
CREATE POLICY own_tenant_delete ON awgp.communication_policies FOR DELETE
    USING (tenant_id = (SELECT awgp.current_tenant()));
COMMENT ON POLICY own_tenant_delete ON awgp.communication_policies IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.communication_policies FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.communication_policies TO awgp_app;
