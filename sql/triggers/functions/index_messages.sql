CREATE OR REPLACE FUNCTION awgp.index_messages() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS '$libdir/awgp', 'awgp_index_messages';
COMMENT ON FUNCTION awgp.index_messages() IS 'AFTER INSERT OR UPDATE, BEFORE DELETE … FOR EACH ROW (table): keeps the words of new messages in conversation_search, and removes them.';
