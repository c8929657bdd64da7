-- Top-level organizations: a holding and its subsidiaries.

CREATE TABLE awgp.tenants (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    name text NOT NULL,
    slug text NOT NULL,
    type text NOT NULL,
    parent_tenant_id uuid,
    settings jsonb NOT NULL DEFAULT '{}',
    quota_max_assistants integer NOT NULL DEFAULT 10,
    quota_max_users integer NOT NULL DEFAULT 50,
    quota_monthly_cost_limit numeric(18,6) NOT NULL DEFAULT 1000.00,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    proposed_settings jsonb,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_slug_key UNIQUE (slug),
    CONSTRAINT tenants_name_check CHECK (pg_catalog.btrim(name) <> ''),
    CONSTRAINT tenants_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND pg_catalog.length(slug) <= 63),
    CONSTRAINT tenants_type_check CHECK (type IN ('holding', 'subsidiary')),
    CONSTRAINT tenants_settings_check CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT tenants_proposed_settings_check CHECK (pg_catalog.jsonb_typeof(proposed_settings) = 'object'),
    CONSTRAINT tenants_quota_check CHECK (
        quota_max_assistants >= 0 AND quota_max_users >= 0
        AND quota_monthly_cost_limit >= 0 AND quota_monthly_cost_limit < 'NaN'),
    CONSTRAINT tenants_parent_tenant_id_fkey FOREIGN KEY (parent_tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_tenants_parent ON awgp.tenants (parent_tenant_id);

COMMENT ON TABLE awgp.tenants IS 'Organizations: holdings and their subsidiaries. Row-level security separates their rows.';
COMMENT ON COLUMN awgp.tenants.id IS 'Id of the tenant.';
COMMENT ON COLUMN awgp.tenants.name IS 'Display name.';
COMMENT ON COLUMN awgp.tenants.slug IS 'URL-friendly identifier, unique in this database.';
COMMENT ON COLUMN awgp.tenants.type IS 'holding or subsidiary. A holding reads its own rows and those of its direct active subsidiaries; a subsidiary only its own.';
COMMENT ON COLUMN awgp.tenants.parent_tenant_id IS 'The holding it belongs to; NULL: none.';
COMMENT ON COLUMN awgp.tenants.settings IS 'Policies and preferences of the tenant, a JSON object; docs/settings.md has the keys.';
COMMENT ON COLUMN awgp.tenants.quota_max_assistants IS 'How many active assistants the tenant may have.';
COMMENT ON COLUMN awgp.tenants.quota_max_users IS 'How many active users the tenant may have.';
COMMENT ON COLUMN awgp.tenants.quota_monthly_cost_limit IS 'What the tenant may spend in a month.';
COMMENT ON COLUMN awgp.tenants.is_active IS 'False: it cannot be put in context, and its holding does not read its rows.';
COMMENT ON COLUMN awgp.tenants.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.tenants.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.tenants.proposed_settings IS 'A change of settings that waits until enough super_admins agree: id, changes, reason, agreed (who), proposed_at and expires_at. NULL: no change waits. change_settings(), confirm_settings_change() and withdraw_settings_change() write it.';
COMMENT ON CONSTRAINT tenants_pkey ON awgp.tenants IS 'The id identifies the tenant.';
COMMENT ON CONSTRAINT tenants_slug_key ON awgp.tenants IS 'No two tenants have the same slug.';
COMMENT ON CONSTRAINT tenants_name_check ON awgp.tenants IS 'A tenant has a name.';
COMMENT ON CONSTRAINT tenants_slug_check ON awgp.tenants IS 'A slug is lower-case letters, digits and single hyphens between them, 63 characters at most.';
COMMENT ON CONSTRAINT tenants_type_check ON awgp.tenants IS 'The type is holding or subsidiary.';
COMMENT ON CONSTRAINT tenants_settings_check ON awgp.tenants IS 'settings is a JSON object.';
COMMENT ON CONSTRAINT tenants_proposed_settings_check ON awgp.tenants IS 'proposed_settings is a JSON object.';
COMMENT ON CONSTRAINT tenants_quota_check ON awgp.tenants IS 'Quotas are numbers, and not negative.';
COMMENT ON CONSTRAINT tenants_parent_tenant_id_fkey ON awgp.tenants IS 'The parent is an existing tenant, and cannot be deleted while it has subsidiaries.';
COMMENT ON INDEX awgp.idx_tenants_parent IS 'The subsidiaries of a holding; serves its foreign key.';
