CREATE OR REPLACE FUNCTION awgp.accounting_today() RETURNS date
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.accounting_day(now(), COALESCE(
        (SELECT t.settings ->> 'time_zone' FROM awgp.tenants AS t WHERE t.id = awgp.current_tenant()), 'UTC'));
$$;
COMMENT ON FUNCTION awgp.accounting_today() IS 'The date under which a cost recorded now is counted, in the time zone of the tenant in context; in UTC without a context.';
REVOKE ALL ON FUNCTION awgp.accounting_today() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.accounting_today() TO awgp_app;
