CREATE OR REPLACE FUNCTION awgp.suspend_over_flags() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS '$libdir/awgp', 'awgp_suspend_over_flags';
COMMENT ON FUNCTION awgp.suspend_over_flags() IS 'AFTER UPDATE … FOR EACH ROW (table): a flag that is confirmed suspends its assistant if hallucination_policy.suspend says so.';
