-- audit_adopted_lanes: read with the trail they belong to; written by adopt() alone.

ALTER TABLE awgp.audit_adopted_lanes ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_adopted_lanes FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit_adopted_lanes ON awgp.audit_adopted_lanes;
CREATE POLICY tenant_isolation_audit_adopted_lanes ON awgp.audit_adopted_lanes FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit_adopted_lanes ON awgp.audit_adopted_lanes IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_adopted_lanes;
CREATE POLICY auditors_select ON awgp.audit_adopted_lanes FOR SELECT TO awgp_auditor USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_adopted_lanes IS 'Auditors read every tenant''s points.';

REVOKE ALL ON awgp.audit_adopted_lanes FROM PUBLIC;
GRANT SELECT ON awgp.audit_adopted_lanes TO awgp_app, awgp_auditor;
