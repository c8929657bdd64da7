CREATE OR REPLACE FUNCTION awgp.refuse_truncate() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_refuse_truncate';
COMMENT ON FUNCTION awgp.refuse_truncate() IS 'BEFORE TRUNCATE (table): a governed table is not truncated (42501, truncate_refused).';
-- As capture(): whoever may track a table may make partitions of it.
GRANT EXECUTE ON FUNCTION awgp.refuse_truncate() TO awgp_app, awgp_admin;
