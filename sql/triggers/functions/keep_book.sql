CREATE OR REPLACE FUNCTION awgp.keep_book() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_keep_book';
COMMENT ON FUNCTION awgp.keep_book() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): only the ledger writes here (42501, ledger_immutable).';
