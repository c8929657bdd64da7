-- audit_logs: a tenant reads its own trail, an auditor every trail; nobody writes but the chain itself.

ALTER TABLE awgp.audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_logs FORCE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_logs_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_logs_default FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_audit ON awgp.audit_logs;
CREATE POLICY tenant_isolation_audit ON awgp.audit_logs FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_audit ON awgp.audit_logs IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS auditors_select ON awgp.audit_logs;
CREATE POLICY auditors_select ON awgp.audit_logs FOR SELECT TO awgp_auditor USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_logs IS 'Auditors read every tenant''s trail.';

REVOKE ALL ON awgp.audit_logs, awgp.audit_logs_default FROM PUBLIC;
REVOKE ALL ON SEQUENCE awgp.audit_logs_id_seq FROM PUBLIC;
GRANT SELECT ON awgp.audit_logs TO awgp_app, awgp_auditor;
