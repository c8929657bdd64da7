-- governed_actions: a tenant reads its own rows, a holding also those of its direct subsidiaries;
-- written by begin_action(), finish_action() and abandon_actions() alone.

ALTER TABLE awgp.governed_actions ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.governed_actions FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_governed_actions ON awgp.governed_actions;
CREATE POLICY tenant_isolation_governed_actions ON awgp.governed_actions FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_governed_actions ON awgp.governed_actions IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.governed_actions FROM PUBLIC;
GRANT SELECT ON awgp.governed_actions TO awgp_app;
