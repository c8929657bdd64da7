-- installation: no tenant's; read by those who look after the database.

ALTER TABLE awgp.installation ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.installation FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS keepers_select ON awgp.installation;
CREATE POLICY keepers_select ON awgp.installation FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.installation IS 'Auditors, maintainers and members of awgp_admin read the install id.';

REVOKE ALL ON awgp.installation FROM PUBLIC;
GRANT SELECT ON awgp.installation TO awgp_auditor, awgp_maintainer, awgp_admin;
