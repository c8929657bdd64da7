-- budget_periods: read as the others; the ledger alone writes them.

ALTER TABLE awgp.budget_periods ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.budget_periods FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.budget_periods ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_budget_periods ON awgp.budget_periods;
CREATE POLICY tenant_isolation_budget_periods ON awgp.budget_periods FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_budget_periods ON awgp.budget_periods IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.budget_periods FROM PUBLIC;
GRANT SELECT ON awgp.budget_periods TO awgp_app;
