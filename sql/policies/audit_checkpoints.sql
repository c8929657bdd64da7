-- audit_checkpoints: read with the trail they belong to; written by checkpointing alone.

ALTER TABLE awgp.audit_checkpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_checkpoints FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit_checkpoints ON awgp.audit_checkpoints;
CREATE POLICY tenant_isolation_audit_checkpoints ON awgp.audit_checkpoints FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit_checkpoints ON awgp.audit_checkpoints IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_checkpoints;
CREATE POLICY auditors_select ON awgp.audit_checkpoints FOR SELECT TO awgp_auditor, awgp_maintainer USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_checkpoints IS 'Auditors and maintainers read every tenant''s checkpoints.';

REVOKE ALL ON awgp.audit_checkpoints FROM PUBLIC;
GRANT SELECT ON awgp.audit_checkpoints TO awgp_app, awgp_auditor, awgp_maintainer;
