CREATE OR REPLACE FUNCTION awgp.trail_months(
    OUT partition_name text,
    OUT month_begins timestamptz,
    OUT month_ends timestamptz,
    OUT state text,
    OUT verified_at timestamptz
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT month.partition_name, month.month_begins, month.month_ends, month.state, month.verified_at
    FROM awgp.partition_status AS month
    WHERE month.month_begins <= clock_timestamp()
    ORDER BY month.month_begins DESC;
$$;
COMMENT ON FUNCTION awgp.trail_months() IS 'The months of the audit trail up to the present one, the newest first, and when each was verified and sealed. Months belong to the installation: a row says nothing about the events of a tenant. The columns are those of partition_status.
SECURITY DEFINER: applications read no seals';
REVOKE ALL ON FUNCTION awgp.trail_months() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.trail_months() TO awgp_app, awgp_auditor, awgp_maintainer;
