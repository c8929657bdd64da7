-- audit_legal_holds: no tenant reads that it is held; written by the functions of holds alone.

ALTER TABLE awgp.audit_legal_holds ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_legal_holds FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS keepers_select ON awgp.audit_legal_holds;
CREATE POLICY keepers_select ON awgp.audit_legal_holds FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.audit_legal_holds IS 'Auditors, maintainers and members of awgp_admin read the holds.';

REVOKE ALL ON awgp.audit_legal_holds FROM PUBLIC;
GRANT SELECT ON awgp.audit_legal_holds TO awgp_auditor, awgp_maintainer, awgp_admin;
