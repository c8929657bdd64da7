-- tenant_moves: read by those who look after the installation; written by the functions of moves alone.
-- A tenant learns from a refusal where it has moved to.

ALTER TABLE awgp.tenant_moves ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.tenant_moves FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS keepers_select ON awgp.tenant_moves;
CREATE POLICY keepers_select ON awgp.tenant_moves FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.tenant_moves IS 'Auditors, maintainers and members of awgp_admin read the moves.';

REVOKE ALL ON awgp.tenant_moves FROM PUBLIC;
GRANT SELECT ON awgp.tenant_moves TO awgp_auditor, awgp_maintainer, awgp_admin;
