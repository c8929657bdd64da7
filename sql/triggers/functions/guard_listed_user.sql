CREATE OR REPLACE FUNCTION awgp.guard_listed_user() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_listed_user';
COMMENT ON FUNCTION awgp.guard_listed_user() IS 'AFTER UPDATE OR DELETE … FOR EACH ROW (table): refuses to delete or renumber a user that an array column lists (23503, still_referenced).';
