CREATE OR REPLACE FUNCTION awgp.update_tenant(
    tenant_id uuid,
    name text DEFAULT NULL,
    quota_max_users bigint DEFAULT NULL,
    quota_max_assistants bigint DEFAULT NULL,
    quota_monthly_cost_limit awgp.number DEFAULT NULL
) RETURNS SETOF awgp.tenants
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.tenants AS tenant
    SET name = COALESCE(update_tenant.name, tenant.name),
        quota_max_users = COALESCE(awgp.checked_whole('quota_max_users', update_tenant.quota_max_users), tenant.quota_max_users),
        quota_max_assistants = COALESCE(awgp.checked_whole('quota_max_assistants', update_tenant.quota_max_assistants), tenant.quota_max_assistants),
        quota_monthly_cost_limit = COALESCE(awgp.checked_amount(update_tenant.quota_monthly_cost_limit::numeric, 'quota_monthly_cost_limit'), tenant.quota_monthly_cost_limit)
    WHERE tenant.id = update_tenant.tenant_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_tenant(uuid, text, bigint, bigint, awgp.number) IS 'Changes the name and the quotas of a tenant, and returns the row. No row if there is no such tenant. change_settings() changes its settings.
tenant_id: the tenant
name: display name; NULL keeps it
quota_max_users: how many active users it may have; NULL keeps it
quota_max_assistants: how many active assistants it may have; NULL keeps it
quota_monthly_cost_limit: what it may spend in a month; NULL keeps it
Errors: 53400 quota_in_use; 22023 out_of_range; 23514 tenants_name_check, tenants_quota_check';
REVOKE ALL ON FUNCTION awgp.update_tenant(uuid, text, bigint, bigint, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_tenant(uuid, text, bigint, bigint, awgp.number) TO awgp_admin;
