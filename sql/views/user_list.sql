-- Users, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.user_list WITH (security_invoker = true) AS
SELECT u.id, u.tenant_id, u.keycloak_id, u.email, u.first_name, u.last_name, u.role, u.is_active, u.last_login_at,
       u.created_at, u.updated_at, u.subject_by_tenant,
       t.slug AS tenant_slug
FROM awgp.users AS u
LEFT JOIN awgp.tenants AS t ON t.id = u.tenant_id
WHERE u.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.user_list IS 'The users visible to the caller, each with the slug of their tenant.';
COMMENT ON COLUMN awgp.user_list.id IS 'Id of the user.';
COMMENT ON COLUMN awgp.user_list.tenant_id IS 'The tenant the user belongs to; never changes.';
COMMENT ON COLUMN awgp.user_list.keycloak_id IS 'The subject of the user''s tokens: the claim sub, or the provider''s subject_claim. Unique over all tenants. Once it is set, only awgp_admin changes it (subject_fixed).';
COMMENT ON COLUMN awgp.user_list.email IS 'E-mail address, unique in the tenant in any spelling.';
COMMENT ON COLUMN awgp.user_list.first_name IS 'First name.';
COMMENT ON COLUMN awgp.user_list.last_name IS 'Last name.';
COMMENT ON COLUMN awgp.user_list.role IS 'What the user may do: viewer reads; each further role may do more: operator, manager, admin, super_admin. docs/permissions.md says what. It binds in trusted and in signed mode, and also while an assistant acts for the user.';
COMMENT ON COLUMN awgp.user_list.is_active IS 'False: the user cannot be put in context.';
COMMENT ON COLUMN awgp.user_list.last_login_at IS 'When the user last logged in. awgp.authenticate() sets it, once a minute at most. In trusted mode an application may set it too.';
COMMENT ON COLUMN awgp.user_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.user_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.user_list.subject_by_tenant IS 'True if keycloak_id was set by somebody other than awgp_admin. Then the user is accepted only with a token that names the tenant. awgp_admin sets it to false to vouch for the user. Kept by trigger for everybody else.';
COMMENT ON COLUMN awgp.user_list.tenant_slug IS 'The slug of their tenant.';

REVOKE ALL ON awgp.user_list FROM PUBLIC;
GRANT SELECT ON awgp.user_list TO awgp_app, awgp_admin;
