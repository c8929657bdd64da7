CREATE OR REPLACE FUNCTION awgp.guard_template() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_template';
COMMENT ON FUNCTION awgp.guard_template() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): refuses to make, change or delete a shipped template (42501, system_template); counts up the version and computes the digest if the content changes.';
