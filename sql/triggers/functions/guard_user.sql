CREATE OR REPLACE FUNCTION awgp.guard_user() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_user';
COMMENT ON FUNCTION awgp.guard_user() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): refuses to give or take a role above that of the user in context (42501, role_grant), and a change of their own role (42501, own_role).';
