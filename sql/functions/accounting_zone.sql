CREATE OR REPLACE FUNCTION awgp.accounting_zone() RETURNS text
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(
        (SELECT t.settings ->> 'time_zone' FROM awgp.tenants AS t WHERE t.id = awgp.current_tenant()), 'UTC');
$$;
COMMENT ON FUNCTION awgp.accounting_zone() IS 'The time zone of the tenant in context: its setting time_zone, otherwise UTC. In it are the tenant''s days.';
REVOKE ALL ON FUNCTION awgp.accounting_zone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.accounting_zone() TO awgp_app;
