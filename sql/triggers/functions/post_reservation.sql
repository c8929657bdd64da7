CREATE OR REPLACE FUNCTION awgp.post_reservation() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_post_reservation';
COMMENT ON FUNCTION awgp.post_reservation() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): what a reservation holds is taken from every limit, or from none (53400, budget_exceeded), and given back when it is released or expires.';
