CREATE OR REPLACE FUNCTION awgp.guard_audit() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_audit';
COMMENT ON FUNCTION awgp.guard_audit() IS 'BEFORE … on audit_logs and its partitions (table): refuses every write but the chain''s own (42501, audit_immutable).';
