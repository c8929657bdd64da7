CREATE OR REPLACE FUNCTION awgp.create_tenant(
    name text,
    slug text,
    type text DEFAULT 'subsidiary',
    parent_tenant_id uuid DEFAULT NULL,
    settings jsonb DEFAULT '{}'
) RETURNS awgp.tenants
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.tenants (name, slug, type, parent_tenant_id, settings)
    VALUES (create_tenant.name, create_tenant.slug, COALESCE(create_tenant.type, 'subsidiary'),
            create_tenant.parent_tenant_id, COALESCE(create_tenant.settings, '{}'))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_tenant(text, text, text, uuid, jsonb) IS 'Makes a tenant, and returns the row.
name: display name
slug: lower-case letters, digits and single hyphens between them, 63 characters at most; unique in the database
type: holding or subsidiary
parent_tenant_id: the holding it belongs to; NULL: none
settings: policies and preferences, a JSON object; docs/settings.md has the keys
Errors: 22023 invalid_setting; 23502 for NULL in name or slug; 23503 tenants_parent_tenant_id_fkey; 23505 tenants_slug_key; 23514 parent_not_holding, tenant_cycle, tenants_name_check, tenants_slug_check, tenants_type_check, tenants_settings_check';
REVOKE ALL ON FUNCTION awgp.create_tenant(text, text, text, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_tenant(text, text, text, uuid, jsonb) TO awgp_admin;
