-- audit_log_integrity: what seals partitions; read by auditors and maintainers.

ALTER TABLE awgp.audit_log_integrity ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_log_integrity FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS auditors_select ON awgp.audit_log_integrity;
CREATE POLICY auditors_select ON awgp.audit_log_integrity FOR SELECT TO awgp_auditor, awgp_maintainer USING (true);
COMMENT ON POLICY auditors_select ON awgp.audit_log_integrity IS 'Auditors and maintainers read the seals.';

REVOKE ALL ON awgp.audit_log_integrity FROM PUBLIC;
REVOKE ALL ON SEQUENCE awgp.audit_log_integrity_id_seq FROM PUBLIC;
GRANT SELECT ON awgp.audit_log_integrity TO awgp_auditor, awgp_maintainer;
