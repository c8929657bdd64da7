-- approval_delegations: a tenant reads and writes its own rows; a holding also reads those of its
-- direct subsidiaries.

ALTER TABLE awgp.approval_delegations ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.approval_delegations FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.approval_delegations ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_approval_delegations ON awgp.approval_delegations;
CREATE POLICY tenant_isolation_approval_delegations ON awgp.approval_delegations FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_approval_delegations ON awgp.approval_delegations IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.approval_delegations;
CREATE POLICY own_tenant_insert ON awgp.approval_delegations FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.approval_delegations IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.approval_delegations;
CREATE POLICY own_tenant_update ON awgp.approval_delegations FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.approval_delegations IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_delete ON awgp.approval_delegations;
CREATE POLICY own_tenant_delete ON awgp.approval_delegations FOR DELETE
    USING (tenant_id = (SELECT awgp.current_tenant()));
COMMENT ON POLICY own_tenant_delete ON awgp.approval_delegations IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.approval_delegations FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.approval_delegations TO awgp_app;
