-- approvals: a tenant reads and writes its own rows; a holding also reads those of its direct subsidiaries.

ALTER TABLE awgp.approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.approvals FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.approvals ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_approvals ON awgp.approvals;
CREATE POLICY tenant_isolation_approvals ON awgp.approvals FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_approvals ON awgp.approvals IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.approvals;
CREATE POLICY own_tenant_insert ON awgp.approvals FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.approvals IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.approvals;
CREATE POLICY own_tenant_update ON awgp.approvals FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.approvals IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_delete ON awgp.approvals;
CREATE POLICY own_tenant_delete ON awgp.approvals FOR DELETE
    USING (tenant_id = (SELECT awgp.current_tenant()));
COMMENT ON POLICY own_tenant_delete ON awgp.approvals IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.approvals FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.approvals TO awgp_app;
