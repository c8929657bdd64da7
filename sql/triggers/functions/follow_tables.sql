CREATE OR REPLACE FUNCTION awgp.follow_tables() RETURNS event_trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS '$libdir/awgp', 'awgp_follow_tables';
COMMENT ON FUNCTION awgp.follow_tables() IS 'ON ddl_command_end: the triggers of tracked tables follow new partitions, and new names of tables and columns.';
