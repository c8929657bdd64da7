CREATE OR REPLACE FUNCTION awgp.tell_of_suspension() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS '$libdir/awgp', 'awgp_tell_of_suspension';
COMMENT ON FUNCTION awgp.tell_of_suspension() IS 'AFTER UPDATE … FOR EACH ROW (table): an assistant that is suspended is a notice.';
