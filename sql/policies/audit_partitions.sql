-- audit_partitions: read by whoever verifies; written by what makes partitions alone.

ALTER TABLE awgp.audit_partitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_partitions FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS in_context_select ON awgp.audit_partitions;
CREATE POLICY in_context_select ON awgp.audit_partitions FOR SELECT TO awgp_app
    USING ((SELECT awgp.own_tenant()) IS NOT NULL);
COMMENT ON POLICY in_context_select ON awgp.audit_partitions IS 'A tenant in context reads which months have partitions.';

DROP POLICY IF EXISTS keepers_select ON awgp.audit_partitions;
CREATE POLICY keepers_select ON awgp.audit_partitions FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.audit_partitions IS 'Auditors, maintainers and members of awgp_admin read which months have partitions.';

REVOKE ALL ON awgp.audit_partitions FROM PUBLIC;
GRANT SELECT ON awgp.audit_partitions TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
