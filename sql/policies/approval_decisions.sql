-- approval_decisions: a tenant reads its own rows, a holding also those of its direct subsidiaries;
-- AWGP alone writes.

ALTER TABLE awgp.approval_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.approval_decisions FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_approval_decisions ON awgp.approval_decisions;
CREATE POLICY tenant_isolation_approval_decisions ON awgp.approval_decisions FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_approval_decisions ON awgp.approval_decisions IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.approval_decisions FROM PUBLIC;
GRANT SELECT ON awgp.approval_decisions TO awgp_app;
