CREATE OR REPLACE FUNCTION awgp.reactivate_user(
    user_id uuid
) RETURNS SETOF awgp.users
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.users AS person SET is_active = true
    WHERE person.tenant_id = (SELECT awgp.current_tenant()) AND person.id = reactivate_user.user_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.reactivate_user(uuid) IS 'Activates a user of the tenant in context again, and returns the row. No row is returned if the tenant has no such user.
user_id: the user
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, role_grant; 53400 quota_exceeded';
REVOKE ALL ON FUNCTION awgp.reactivate_user(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reactivate_user(uuid) TO awgp_app, awgp_admin;
