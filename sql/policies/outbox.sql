-- outbox: a tenant reads its own notices, a holding also those of its direct subsidiaries; those who look
-- after the installation read all. AWGP's own functions alone write them; awgp notify calls those functions,
-- and reads no table.

ALTER TABLE awgp.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.outbox FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_outbox ON awgp.outbox;
CREATE POLICY tenant_isolation_outbox ON awgp.outbox FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_outbox ON awgp.outbox IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS keepers_select ON awgp.outbox;
CREATE POLICY keepers_select ON awgp.outbox FOR SELECT
    TO awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.outbox IS 'Maintainers and members of awgp_admin read the notices of all tenants and of the installation: ids, kinds and times.';

REVOKE ALL ON awgp.outbox FROM PUBLIC;
GRANT SELECT ON awgp.outbox TO awgp_app, awgp_maintainer, awgp_admin;
