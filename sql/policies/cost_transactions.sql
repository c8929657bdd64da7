-- cost_transactions: as the others, but an entry of the ledger is never changed or deleted.

ALTER TABLE awgp.cost_transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.cost_transactions FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.cost_transactions ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_cost_transactions ON awgp.cost_transactions;
CREATE POLICY tenant_isolation_cost_transactions ON awgp.cost_transactions FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_cost_transactions ON awgp.cost_transactions IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.cost_transactions;
CREATE POLICY own_tenant_insert ON awgp.cost_transactions FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.cost_transactions IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.cost_transactions FROM PUBLIC;
GRANT SELECT, INSERT ON awgp.cost_transactions TO awgp_app;
