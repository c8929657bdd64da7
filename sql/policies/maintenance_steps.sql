-- maintenance_steps: no tenant's; written by run_maintenance() alone, read by those who look after
-- the database.

ALTER TABLE awgp.maintenance_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.maintenance_steps FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS keepers_select ON awgp.maintenance_steps;
CREATE POLICY keepers_select ON awgp.maintenance_steps FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.maintenance_steps IS 'Auditors, maintainers and members of awgp_admin read what maintenance did.';

REVOKE ALL ON awgp.maintenance_steps FROM PUBLIC;
GRANT SELECT ON awgp.maintenance_steps TO awgp_auditor, awgp_maintainer, awgp_admin;
