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
name: its name for people
slug: lower-case letters, digits and hyphens; unique in the database
type: holding or subsidiary
parent_tenant_id: the holding it belongs to; empty for none
settings: policies and preferences, a JSON object
Errors: 42501 not awgp_admin; 23505 slug taken; 23514 parent_not_holding, tenant_cycle';
REVOKE ALL ON FUNCTION awgp.create_tenant(text, text, text, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_tenant(text, text, text, uuid, jsonb) TO awgp_admin;
