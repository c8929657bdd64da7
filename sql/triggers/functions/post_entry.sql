CREATE OR REPLACE FUNCTION awgp.post_entry() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_post_entry';
COMMENT ON FUNCTION awgp.post_entry() IS 'AFTER INSERT … FOR EACH ROW (table): the cost is counted in every limit, or the write is refused (53400, budget_exceeded).';
