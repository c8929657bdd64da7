CREATE OR REPLACE FUNCTION awgp.move_tenant(
    tenant_id uuid,
    parent_tenant_id uuid
) RETURNS SETOF awgp.tenants
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.tenants AS tenant SET parent_tenant_id = move_tenant.parent_tenant_id
    WHERE tenant.id = move_tenant.tenant_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.move_tenant(uuid, uuid) IS 'Gives a tenant another holding, and returns the row. The new holding reads its rows from now on, the former one no longer. No row if there is no such tenant.
tenant_id: the tenant
parent_tenant_id: the holding it belongs to; NULL: no holding
Errors: 23503 tenants_parent_tenant_id_fkey; 23514 parent_not_holding, tenant_cycle; 55000 stopped';
REVOKE ALL ON FUNCTION awgp.move_tenant(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.move_tenant(uuid, uuid) TO awgp_admin;
