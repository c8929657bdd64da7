-- Users: the people who work with assistants.

CREATE TABLE awgp.users (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    keycloak_id text,
    email text NOT NULL,
    first_name text,
    last_name text,
    role text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    subject_by_tenant boolean NOT NULL DEFAULT false,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT users_keycloak_id_key UNIQUE (keycloak_id),
    CONSTRAINT users_tenant_id_email_key UNIQUE (tenant_id, email),
    CONSTRAINT users_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND pg_catalog.length(email) <= 254),
    CONSTRAINT users_keycloak_id_check CHECK (keycloak_id <> ''),
    CONSTRAINT users_role_check CHECK (role IN ('super_admin', 'admin', 'manager', 'operator', 'viewer')),
    CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);
-- users_tenant_id_email_key_key, which holds that no two spellings are one address, stands in
-- policies/users.sql: its key is a function of the extension.
CREATE INDEX idx_users_tenant ON awgp.users (tenant_id);

COMMENT ON TABLE awgp.users IS 'The people who work with assistants.';
COMMENT ON COLUMN awgp.users.id IS 'Id of the user.';
COMMENT ON COLUMN awgp.users.tenant_id IS 'The tenant the user belongs to; never changes.';
COMMENT ON COLUMN awgp.users.keycloak_id IS 'The subject of the user''s tokens: the claim sub, or the provider''s subject_claim. Unique over all tenants. Once it is set, only awgp_admin changes it (subject_fixed).';
COMMENT ON COLUMN awgp.users.email IS 'E-mail address, unique in the tenant in any spelling.';
COMMENT ON COLUMN awgp.users.first_name IS 'First name.';
COMMENT ON COLUMN awgp.users.last_name IS 'Last name.';
COMMENT ON COLUMN awgp.users.role IS 'What the user may do: viewer reads; each further role may do more: operator, manager, admin, super_admin. docs/permissions.md says what. It binds in trusted and in signed mode, and also while an assistant acts for the user.';
COMMENT ON COLUMN awgp.users.is_active IS 'False: the user cannot be put in context.';
COMMENT ON COLUMN awgp.users.last_login_at IS 'When the user last logged in. awgp.authenticate() sets it, once a minute at most. In trusted mode an application may set it too.';
COMMENT ON COLUMN awgp.users.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.users.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.users.subject_by_tenant IS 'True if keycloak_id was set by somebody other than awgp_admin. Then the user is accepted only with a token that names the tenant. awgp_admin sets it to false to vouch for the user. Kept by trigger for everybody else.';
COMMENT ON CONSTRAINT users_pkey ON awgp.users IS 'The id identifies the user.';
COMMENT ON CONSTRAINT users_tenant_id_id_key ON awgp.users IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT users_keycloak_id_key ON awgp.users IS 'No two users of the database have the same keycloak_id.';
COMMENT ON CONSTRAINT users_tenant_id_email_key ON awgp.users IS 'No two users of a tenant have the same e-mail address.';
COMMENT ON CONSTRAINT users_email_check ON awgp.users IS 'An e-mail address has one @ with text on both sides, no spaces, 254 characters at most.';
COMMENT ON CONSTRAINT users_keycloak_id_check ON awgp.users IS 'keycloak_id is not the empty text; leave it out instead.';
COMMENT ON CONSTRAINT users_role_check ON awgp.users IS 'The role is one of super_admin, admin, manager, operator, viewer.';
COMMENT ON CONSTRAINT users_tenant_id_fkey ON awgp.users IS 'The tenant exists, and cannot be deleted while it has users.';
COMMENT ON INDEX awgp.idx_users_tenant IS 'The users of a tenant.';
