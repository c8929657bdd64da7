-- model_prices: no tenant's, read by every application, added to by administrators. Nobody changes
-- a price that entries of the ledger may name.

ALTER TABLE awgp.model_prices ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.model_prices FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenants_select ON awgp.model_prices;
CREATE POLICY tenants_select ON awgp.model_prices FOR SELECT
    USING ((SELECT awgp.current_tenant()) IS NOT NULL);
COMMENT ON POLICY tenants_select ON awgp.model_prices IS 'Every row, if a tenant is in context.';

DROP POLICY IF EXISTS administrators_select ON awgp.model_prices;
CREATE POLICY administrators_select ON awgp.model_prices FOR SELECT TO awgp_admin USING (true);
COMMENT ON POLICY administrators_select ON awgp.model_prices IS 'Members of awgp_admin read every price.';

DROP POLICY IF EXISTS administrators_insert ON awgp.model_prices;
CREATE POLICY administrators_insert ON awgp.model_prices FOR INSERT TO awgp_admin WITH CHECK (true);
COMMENT ON POLICY administrators_insert ON awgp.model_prices IS 'Members of awgp_admin add prices.';

REVOKE ALL ON awgp.model_prices FROM PUBLIC;
GRANT SELECT ON awgp.model_prices TO awgp_app;
GRANT SELECT, INSERT ON awgp.model_prices TO awgp_admin;
