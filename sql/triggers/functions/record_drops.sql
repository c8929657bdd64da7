CREATE OR REPLACE FUNCTION awgp.record_drops() RETURNS event_trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS '$libdir/awgp', 'awgp_record_drops';
COMMENT ON FUNCTION awgp.record_drops() IS 'ON sql_drop: records that a tracked table, a partition of it or its triggers were dropped.';
