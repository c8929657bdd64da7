CREATE OR REPLACE FUNCTION awgp.deactivate_user(
    user_id uuid
) RETURNS SETOF awgp.users
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.users AS person SET is_active = false
    WHERE person.tenant_id = (SELECT awgp.current_tenant()) AND person.id = deactivate_user.user_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.deactivate_user(uuid) IS 'Deactivates a user of the tenant in context, and returns the row. Nobody puts them in context any more; what they did stays. No row is returned if the tenant has no such user.
user_id: the user
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, role_grant';
REVOKE ALL ON FUNCTION awgp.deactivate_user(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.deactivate_user(uuid) TO awgp_app, awgp_admin;
