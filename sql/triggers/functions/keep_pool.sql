CREATE OR REPLACE FUNCTION awgp.keep_pool() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_keep_pool';
COMMENT ON FUNCTION awgp.keep_pool() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): only the ledger sets balance, alerts and period of a pool (42501, ledger_kept); they follow its budget.';
