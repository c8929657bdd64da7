-- audit_retired_partitions: read by whoever verifies; written by retiring and restoring alone.

ALTER TABLE awgp.audit_retired_partitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_retired_partitions FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS in_context_select ON awgp.audit_retired_partitions;
CREATE POLICY in_context_select ON awgp.audit_retired_partitions FOR SELECT TO awgp_app
    USING ((SELECT awgp.own_tenant()) IS NOT NULL);
COMMENT ON POLICY in_context_select ON awgp.audit_retired_partitions IS 'A tenant in context reads which months are out of the trail.';

DROP POLICY IF EXISTS keepers_select ON awgp.audit_retired_partitions;
CREATE POLICY keepers_select ON awgp.audit_retired_partitions FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.audit_retired_partitions IS 'Auditors, maintainers and members of awgp_admin read which months are out of the trail.';

REVOKE ALL ON awgp.audit_retired_partitions FROM PUBLIC;
GRANT SELECT ON awgp.audit_retired_partitions TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
