-- credit_reservations: a tenant reads and writes its own rows, and deletes no row; a holding also
-- reads those of its direct subsidiaries.

ALTER TABLE awgp.credit_reservations ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.credit_reservations FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.credit_reservations ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_credit_reservations ON awgp.credit_reservations;
CREATE POLICY tenant_isolation_credit_reservations ON awgp.credit_reservations FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_credit_reservations ON awgp.credit_reservations IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.credit_reservations;
CREATE POLICY own_tenant_insert ON awgp.credit_reservations FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.credit_reservations IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.credit_reservations;
CREATE POLICY own_tenant_update ON awgp.credit_reservations FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.credit_reservations IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.credit_reservations FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON awgp.credit_reservations TO awgp_app;
