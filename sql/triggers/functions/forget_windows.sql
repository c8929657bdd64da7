CREATE OR REPLACE FUNCTION awgp.forget_windows() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_forget_windows';
COMMENT ON FUNCTION awgp.forget_windows() IS 'AFTER DELETE … FOR EACH ROW (table): deletes the counters of the deleted policy.';
