-- audit_adoptions: read by whoever verifies; written by adopt() alone.

ALTER TABLE awgp.audit_adoptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_adoptions FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS in_context_select ON awgp.audit_adoptions;
CREATE POLICY in_context_select ON awgp.audit_adoptions FOR SELECT TO awgp_app
    USING ((SELECT awgp.own_tenant()) IS NOT NULL);
COMMENT ON POLICY in_context_select ON awgp.audit_adoptions IS 'A tenant in context reads which install ids there were.';

DROP POLICY IF EXISTS keepers_select ON awgp.audit_adoptions;
CREATE POLICY keepers_select ON awgp.audit_adoptions FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.audit_adoptions IS 'Auditors, maintainers and administrators read which install ids there were.';

REVOKE ALL ON awgp.audit_adoptions FROM PUBLIC;
GRANT SELECT ON awgp.audit_adoptions TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
