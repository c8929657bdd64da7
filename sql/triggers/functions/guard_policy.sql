CREATE OR REPLACE FUNCTION awgp.guard_policy() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_policy';
COMMENT ON FUNCTION awgp.guard_policy() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a communication policy whose types, channels, content rules or limit cannot be used (22023, invalid_policy).';
