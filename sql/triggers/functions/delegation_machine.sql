CREATE OR REPLACE FUNCTION awgp.delegation_machine() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_delegation_machine';
COMMENT ON FUNCTION awgp.delegation_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): a delegation gives no more than the delegator''s own authority (42501, beyond_authority), is revoked once, and does not change otherwise (55000, delegation_fixed).';
