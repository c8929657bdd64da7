-- identity_providers: no tenant's; read and written by administrators alone. awgp.authenticate()
-- reads it below SQL.

ALTER TABLE awgp.identity_providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.identity_providers FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS administrators_all ON awgp.identity_providers;
CREATE POLICY administrators_all ON awgp.identity_providers FOR ALL TO awgp_admin USING (true) WITH CHECK (true);
COMMENT ON POLICY administrators_all ON awgp.identity_providers IS 'Members of awgp_admin read and write every provider.';

REVOKE ALL ON awgp.identity_providers FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.identity_providers TO awgp_admin;
