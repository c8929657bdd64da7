CREATE OR REPLACE FUNCTION awgp.guard_identity_provider() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_identity_provider';
COMMENT ON FUNCTION awgp.guard_identity_provider() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a key set or an algorithm that cannot be used (22023, jwks_invalid, unknown_algorithm).';
