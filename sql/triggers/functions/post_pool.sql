CREATE OR REPLACE FUNCTION awgp.post_pool() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_post_pool';
COMMENT ON FUNCTION awgp.post_pool() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): the period of a new pool is made, and that of a changed budget checked for alerts.';
