CREATE OR REPLACE FUNCTION awgp.guard_user_array() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_user_array';
COMMENT ON FUNCTION awgp.guard_user_array() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table, column): every element of the uuid[] column names a user of the row''s tenant (23503, unknown_reference).';
