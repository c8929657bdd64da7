CREATE OR REPLACE FUNCTION awgp.create_user(
    email text,
    role text,
    first_name text DEFAULT NULL,
    last_name text DEFAULT NULL,
    keycloak_id text DEFAULT NULL
) RETURNS awgp.users
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.users (tenant_id, email, role, first_name, last_name, keycloak_id)
    VALUES (awgp.current_tenant(), create_user.email, create_user.role, create_user.first_name,
            create_user.last_name, create_user.keycloak_id)
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_user(text, text, text, text, text) IS 'Makes a user of the tenant in context, and returns the row.
email: the e-mail address; unique in the tenant
role: viewer, operator, manager, admin or super_admin
first_name: the first name
last_name: the last name
keycloak_id: the claim sub of the user''s tokens
Errors: 42501 no_tenant_context; 23505 e-mail or keycloak_id taken; 23514 bad e-mail or role';
REVOKE ALL ON FUNCTION awgp.create_user(text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_user(text, text, text, text, text) TO awgp_app, awgp_admin;
