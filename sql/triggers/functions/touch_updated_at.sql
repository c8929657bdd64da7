CREATE OR REPLACE FUNCTION awgp.touch_updated_at() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_touch_updated_at';
COMMENT ON FUNCTION awgp.touch_updated_at() IS 'BEFORE UPDATE … FOR EACH ROW (table): sets updated_at to the wall clock.';
