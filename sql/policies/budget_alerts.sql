-- budget_alerts: read as the others; the ledger alone writes them.

ALTER TABLE awgp.budget_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.budget_alerts FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.budget_alerts ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_budget_alerts ON awgp.budget_alerts;
CREATE POLICY tenant_isolation_budget_alerts ON awgp.budget_alerts FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_budget_alerts ON awgp.budget_alerts IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.budget_alerts FROM PUBLIC;
GRANT SELECT ON awgp.budget_alerts TO awgp_app;
