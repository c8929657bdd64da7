-- Users, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.user_list WITH (security_invoker = true) AS
SELECT u.id, u.tenant_id, u.keycloak_id, u.email, u.first_name, u.last_name, u.role, u.is_active, u.last_login_at,
       u.created_at, u.updated_at, u.subject_by_tenant,
       t.slug AS tenant_slug
FROM awgp.users AS u
LEFT JOIN awgp.tenants AS t ON t.id = u.tenant_id
WHERE u.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.user_list IS 'The users that the context sees, each with the slug of the tenant.';
COMMENT ON COLUMN awgp.user_list.id IS 'Key.';
COMMENT ON COLUMN awgp.user_list.tenant_id IS 'The tenant the user belongs to; never changes.';
COMMENT ON COLUMN awgp.user_list.keycloak_id IS 'External identity: the sub claim of the tokens that awgp.authenticate() accepts.';
COMMENT ON COLUMN awgp.user_list.email IS 'E-mail address, unique in the tenant.';
COMMENT ON COLUMN awgp.user_list.first_name IS 'First name.';
COMMENT ON COLUMN awgp.user_list.last_name IS 'Last name.';
COMMENT ON COLUMN awgp.user_list.role IS 'What the user may do: viewer reads; operator, manager, admin and super_admin may do more each. Binds wherever they are in context.';
COMMENT ON COLUMN awgp.user_list.is_active IS 'An inactive user cannot be put in context.';
COMMENT ON COLUMN awgp.user_list.last_login_at IS 'When the user last logged in, as the application records it; awgp.authenticate() writes nothing.';
COMMENT ON COLUMN awgp.user_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.user_list.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.user_list.subject_by_tenant IS 'The subject was set by people of the tenant: the user comes in only by a token that names the tenant. Kept by trigger; an administrator who vouches for the user sets it to false.';
COMMENT ON COLUMN awgp.user_list.tenant_slug IS 'The slug of the tenant.';

REVOKE ALL ON awgp.user_list FROM PUBLIC;
GRANT SELECT ON awgp.user_list TO awgp_app, awgp_admin;
