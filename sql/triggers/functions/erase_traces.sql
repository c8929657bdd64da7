CREATE OR REPLACE FUNCTION awgp.erase_traces() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS '$libdir/awgp', 'awgp_erase_traces';
COMMENT ON FUNCTION awgp.erase_traces() IS 'AFTER UPDATE … FOR EACH ROW (table): what was erased of a conversation is erased from conversation_search and hallucination_flags, and recorded (40001 erased_meanwhile).';
