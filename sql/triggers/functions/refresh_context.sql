CREATE OR REPLACE FUNCTION awgp.refresh_context() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_refresh_context';
COMMENT ON FUNCTION awgp.refresh_context() IS 'AFTER … FOR EACH STATEMENT (table): after a change, the session looks its tenants and users up again.';
