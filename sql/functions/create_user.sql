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
COMMENT ON FUNCTION awgp.create_user(text, text, text, text, text) IS 'Makes an active user of the tenant in context, and returns the row.
email: the e-mail address; unique in the tenant in any spelling
role: viewer, operator, manager, admin or super_admin; at most the role of the user in context
first_name: the first name
last_name: the last name
keycloak_id: the subject of the user''s tokens (claim sub, or the provider''s subject_claim), unique in the database; NULL: none yet. Once it is set, only awgp_admin changes it
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, role_grant; 53400 quota_exceeded; 23502 for NULL in email or role; 23505 users_tenant_id_email_key, users_tenant_id_email_key_key, users_keycloak_id_key; 23514 users_email_check, users_role_check, users_keycloak_id_check';
REVOKE ALL ON FUNCTION awgp.create_user(text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_user(text, text, text, text, text) TO awgp_app, awgp_admin;
