CREATE OR REPLACE FUNCTION awgp.guard_erasable() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_erasable';
COMMENT ON FUNCTION awgp.guard_erasable() IS 'BEFORE … on audit_erasable_values (table): refuses every write but those of the chain, of an erasure, of a move and of the end of a month (42501, audit_immutable).';
