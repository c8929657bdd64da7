-- Users, as they would stand in AWGP.
SELECT u.id, u.tenant_id, u.keycloak_id, u.email, u.first_name, u.last_name, u.role, u.is_active, u.last_login_at,
       u.created_at, u.updated_at
FROM seed.rows AS u
