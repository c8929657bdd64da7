CREATE OR REPLACE FUNCTION awgp.refresh_context() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_refresh_context';
COMMENT ON FUNCTION awgp.refresh_context() IS 'AFTER … FOR EACH STATEMENT (table): the context reads its tenants and users again.';
