CREATE OR REPLACE FUNCTION awgp.guard_settings() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_settings';
COMMENT ON FUNCTION awgp.guard_settings() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a key of settings that AWGP knows and cannot use (22023, invalid_setting).';
