-- schema_migrations: no tenant's; read by those who look after the database.

ALTER TABLE awgp.schema_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.schema_migrations FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS keepers_select ON awgp.schema_migrations;
CREATE POLICY keepers_select ON awgp.schema_migrations FOR SELECT
    TO awgp_auditor, awgp_maintainer, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.schema_migrations IS 'Auditors, maintainers and members of awgp_admin read what has been applied.';

REVOKE ALL ON awgp.schema_migrations FROM PUBLIC;
GRANT SELECT ON awgp.schema_migrations TO awgp_auditor, awgp_maintainer, awgp_admin;
