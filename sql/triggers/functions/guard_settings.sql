CREATE OR REPLACE FUNCTION awgp.guard_settings() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_settings';
COMMENT ON FUNCTION awgp.guard_settings() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses settings with a key that is not known or a value that cannot be used (22023, invalid_setting), and says with a notice which keys an UPDATE no longer sets.';
