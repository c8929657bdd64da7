-- audit_erasable_values: read with the events that they belong to; written by the chain and by erasures.

ALTER TABLE awgp.audit_erasable_values ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_erasable_values FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit_erasable_values ON awgp.audit_erasable_values;
CREATE POLICY tenant_isolation_audit_erasable_values ON awgp.audit_erasable_values FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit_erasable_values ON awgp.audit_erasable_values IS 'Values of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_erasable_values;
CREATE POLICY auditors_select ON awgp.audit_erasable_values FOR SELECT TO awgp_auditor USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_erasable_values IS 'Auditors read every tenant''s values.';

REVOKE ALL ON awgp.audit_erasable_values FROM PUBLIC;
GRANT SELECT ON awgp.audit_erasable_values TO awgp_app, awgp_auditor;
