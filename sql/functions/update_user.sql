CREATE OR REPLACE FUNCTION awgp.update_user(
    user_id uuid,
    role text DEFAULT NULL,
    first_name text DEFAULT NULL,
    last_name text DEFAULT NULL,
    email text DEFAULT NULL
) RETURNS SETOF awgp.users
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.users AS person
    SET role = COALESCE(update_user.role, person.role),
        first_name = NULLIF(COALESCE(update_user.first_name, person.first_name), ''),
        last_name = NULLIF(COALESCE(update_user.last_name, person.last_name), ''),
        email = COALESCE(update_user.email, person.email)
    WHERE person.tenant_id = (SELECT awgp.current_tenant()) AND person.id = update_user.user_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_user(uuid, text, text, text, text) IS 'Changes a user of the tenant in context, and returns the row. No row if the tenant has no such user.
user_id: the user, active or not
role: viewer, operator, manager, admin or super_admin; at most the role of the user in context, who does not change their own; NULL keeps it
first_name: the first name; NULL keeps it, the empty text removes it
last_name: the last name; NULL keeps it, the empty text removes it
email: the e-mail address; NULL keeps it
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, role_grant, own_role; 23505 users_tenant_id_email_key, users_tenant_id_email_key_key; 23514 users_email_check, users_role_check';
REVOKE ALL ON FUNCTION awgp.update_user(uuid, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_user(uuid, text, text, text, text) TO awgp_app, awgp_admin;
