-- audit_tree_lanes: read with the trail they belong to; written by checkpointing alone.

ALTER TABLE awgp.audit_tree_lanes ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_tree_lanes FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit_tree_lanes ON awgp.audit_tree_lanes;
CREATE POLICY tenant_isolation_audit_tree_lanes ON awgp.audit_tree_lanes FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit_tree_lanes ON awgp.audit_tree_lanes IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_tree_lanes;
CREATE POLICY auditors_select ON awgp.audit_tree_lanes FOR SELECT TO awgp_auditor, awgp_maintainer USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_tree_lanes IS 'Auditors and maintainers read how far every tenant''s lanes are checkpointed.';

REVOKE ALL ON awgp.audit_tree_lanes FROM PUBLIC;
GRANT SELECT ON awgp.audit_tree_lanes TO awgp_app, awgp_auditor, awgp_maintainer;
