CREATE OR REPLACE FUNCTION awgp.revoke_delegation(
    id uuid
) RETURNS awgp.approval_delegations
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.approval_delegations AS delegation SET is_active = false
    WHERE delegation.id = (SELECT awgp.require_delegation(revoke_delegation.id))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.revoke_delegation(uuid) IS 'Takes a delegation back, and returns the row.
id: the delegation
User role: manager for a delegation of their own, admin for any
Errors: P0002 unknown_delegation; 42501 not_own_row, no_tenant_context, role_not_sufficient';
REVOKE ALL ON FUNCTION awgp.revoke_delegation(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.revoke_delegation(uuid) TO awgp_app;
