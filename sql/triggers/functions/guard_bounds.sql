CREATE OR REPLACE FUNCTION awgp.guard_bounds() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_bounds';
COMMENT ON FUNCTION awgp.guard_bounds() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table, but=a,b): refuses a value that is larger than its column takes (22023, out_of_range).';
