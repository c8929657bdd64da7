-- audit_chain_anchors: read with the trail they belong to; written by sealing alone.

ALTER TABLE awgp.audit_chain_anchors ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_chain_anchors FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit_chain_anchors ON awgp.audit_chain_anchors;
CREATE POLICY tenant_isolation_audit_chain_anchors ON awgp.audit_chain_anchors FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit_chain_anchors ON awgp.audit_chain_anchors IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_chain_anchors;
CREATE POLICY auditors_select ON awgp.audit_chain_anchors FOR SELECT TO awgp_auditor USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_chain_anchors IS 'Auditors read every tenant''s anchors.';

REVOKE ALL ON awgp.audit_chain_anchors FROM PUBLIC;
GRANT SELECT ON awgp.audit_chain_anchors TO awgp_app, awgp_auditor;
