CREATE OR REPLACE FUNCTION awgp.tenant_settings(
    OUT key text,
    OUT value jsonb,
    OUT is_set boolean,
    OUT default_value jsonb,
    OUT takes text,
    OUT meaning text,
    OUT changed_by text
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT known.key, COALESCE(tenant.settings #> string_to_array(known.key, '.'), known.default_value),
           tenant.settings #> string_to_array(known.key, '.') IS NOT NULL, known.default_value, known.takes,
           known.meaning, known.changed_by
    FROM awgp.tenants AS tenant CROSS JOIN awgp.setting_keys() AS known
    WHERE tenant.id = awgp.current_tenant();
$$;
COMMENT ON FUNCTION awgp.tenant_settings() IS 'The settings of the tenant in context, one row for each key that there is: the value in force, whether it is set, its default, what it takes, what it means, and who changes it. No row without a tenant in context.';
REVOKE ALL ON FUNCTION awgp.tenant_settings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.tenant_settings() TO awgp_app, awgp_admin;
