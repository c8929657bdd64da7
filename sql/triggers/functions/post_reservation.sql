CREATE OR REPLACE FUNCTION awgp.post_reservation() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_post_reservation';
COMMENT ON FUNCTION awgp.post_reservation() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): the amount is held in every limit, or the write is refused (53400, budget_exceeded); it is given back when it is released or expires.';
