CREATE OR REPLACE FUNCTION awgp.deactivate_tenant(
    tenant_id uuid
) RETURNS SETOF awgp.tenants
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.tenants AS tenant SET is_active = false WHERE tenant.id = deactivate_tenant.tenant_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.deactivate_tenant(uuid) IS 'Deactivates a tenant, and returns the row. Nobody puts it in context any more, and its holding no longer reads its rows. No row is deleted. No row is returned if there is no such tenant.
tenant_id: the tenant';
REVOKE ALL ON FUNCTION awgp.deactivate_tenant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.deactivate_tenant(uuid) TO awgp_admin;
