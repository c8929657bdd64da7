CREATE OR REPLACE FUNCTION awgp.guard_decision() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_decision';
COMMENT ON FUNCTION awgp.guard_decision() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): refuses every write but AWGP''s own (42501, machine_written).';
