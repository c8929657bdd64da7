CREATE OR REPLACE FUNCTION awgp.reactivate_tenant(
    tenant_id uuid
) RETURNS SETOF awgp.tenants
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.tenants AS tenant SET is_active = true WHERE tenant.id = reactivate_tenant.tenant_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.reactivate_tenant(uuid) IS 'Activates a tenant again, and returns the row. Everything is as it was. No row is returned if there is no such tenant.
tenant_id: the tenant';
REVOKE ALL ON FUNCTION awgp.reactivate_tenant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reactivate_tenant(uuid) TO awgp_admin;
