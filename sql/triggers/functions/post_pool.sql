CREATE OR REPLACE FUNCTION awgp.post_pool() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_post_pool';
COMMENT ON FUNCTION awgp.post_pool() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): makes the period of a new pool, and checks a changed budget for alerts.';
