-- audit_tree_tiles: read with the trail they belong to; written by checkpointing alone.

ALTER TABLE awgp.audit_tree_tiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_tree_tiles FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit_tree_tiles ON awgp.audit_tree_tiles;
CREATE POLICY tenant_isolation_audit_tree_tiles ON awgp.audit_tree_tiles FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit_tree_tiles ON awgp.audit_tree_tiles IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_tree_tiles;
CREATE POLICY auditors_select ON awgp.audit_tree_tiles FOR SELECT TO awgp_auditor USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_tree_tiles IS 'Auditors read every tenant''s tree.';

REVOKE ALL ON awgp.audit_tree_tiles FROM PUBLIC;
GRANT SELECT ON awgp.audit_tree_tiles TO awgp_app, awgp_auditor;
