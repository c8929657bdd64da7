-- stops: a tenant reads its own, a holding also those of its direct subsidiaries; those who look after the
-- installation read all. stop() and resume() alone write them. stops_in_force() tells a tenant of the stops
-- that cover it from above.

ALTER TABLE awgp.stops ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.stops FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_stops ON awgp.stops;
CREATE POLICY tenant_isolation_stops ON awgp.stops FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_stops ON awgp.stops IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries. A subsidiary does not read the stop of its holding or of the installation; stops_in_force() tells of it.';

DROP POLICY IF EXISTS keepers_select ON awgp.stops;
CREATE POLICY keepers_select ON awgp.stops FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.stops IS 'Auditors, maintainers and members of awgp_admin read the stops of all tenants and of the installation.';

REVOKE ALL ON awgp.stops FROM PUBLIC;
GRANT SELECT ON awgp.stops TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
