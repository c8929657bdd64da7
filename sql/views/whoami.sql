-- Who is in context: what a program shows at the top of its page.
CREATE OR REPLACE VIEW awgp.whoami WITH (security_invoker = true) AS
SELECT t.id AS tenant_id, t.slug AS tenant_slug, t.name AS tenant_name, t.type AS tenant_type,
       COALESCE(t.settings ->> 'time_zone', 'UTC') AS time_zone,
       (SELECT count(*) FROM awgp.tenants AS s WHERE s.parent_tenant_id = t.id) AS subsidiaries,
       u.id AS user_id, u.email, NULLIF(concat_ws(' ', u.first_name, u.last_name), '') AS name, u.role,
       awgp.current_assistant_id() AS assistant_id
FROM awgp.tenants AS t
LEFT JOIN awgp.users AS u ON u.tenant_id = t.id AND u.id = awgp.current_user_id()
WHERE t.id = awgp.current_tenant();

COMMENT ON VIEW awgp.whoami IS 'Tenant, user and assistant in context, in one row; without a tenant in context it has no rows.';
COMMENT ON COLUMN awgp.whoami.tenant_id IS 'The tenant in context.';
COMMENT ON COLUMN awgp.whoami.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.whoami.tenant_name IS 'The name of the tenant.';
COMMENT ON COLUMN awgp.whoami.tenant_type IS 'holding or subsidiary.';
COMMENT ON COLUMN awgp.whoami.time_zone IS 'The time zone of the tenant: its setting time_zone, or UTC.';
COMMENT ON COLUMN awgp.whoami.subsidiaries IS 'How many subsidiaries of the tenant are visible.';
COMMENT ON COLUMN awgp.whoami.user_id IS 'The user in context; NULL: no user.';
COMMENT ON COLUMN awgp.whoami.email IS 'E-mail address of the user.';
COMMENT ON COLUMN awgp.whoami.name IS 'First and last name of the user; NULL: neither is known.';
COMMENT ON COLUMN awgp.whoami.role IS 'The role of the user: viewer, operator, manager, admin or super_admin.';
COMMENT ON COLUMN awgp.whoami.assistant_id IS 'The assistant in context; NULL: no assistant.';

REVOKE ALL ON awgp.whoami FROM PUBLIC;
GRANT SELECT ON awgp.whoami TO awgp_app;
