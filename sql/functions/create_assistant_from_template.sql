CREATE OR REPLACE FUNCTION awgp.create_assistant_from_template(
    template_slug text,
    name text,
    slug text,
    overrides jsonb DEFAULT '{}'
) RETURNS awgp.assistants
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.assistants (tenant_id, name, slug, type, description, risk_tier, capabilities, configuration,
                                 model_config, max_cost_per_day, created_by, template_id, template_version,
                                 template_overrides)
    SELECT awgp.current_tenant(), create_assistant_from_template.name, create_assistant_from_template.slug, of.type,
           of.description, of.risk_tier, of.capabilities, of.configuration, of.model_config, of.max_cost_per_day,
           awgp.current_user_id(), of.template_id, of.template_version,
           COALESCE(create_assistant_from_template.overrides, '{}')
    FROM pg_catalog.jsonb_to_record(awgp.template_content(create_assistant_from_template.template_slug,
                                                          create_assistant_from_template.overrides))
        AS of (template_id uuid, template_version integer, type text, description text, risk_tier integer,
               capabilities text[], configuration jsonb, model_config jsonb, max_cost_per_day numeric)
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_assistant_from_template(text, text, text, jsonb) IS 'Makes an assistant of the tenant in context from a template, inactive, and returns the row, which names the template, its version and the overrides.
template_slug: the slug of the template
name: display name
slug: lower-case letters, digits and single hyphens between them, 63 characters at most; unique in the tenant
overrides: a JSON object with any of description, capabilities, configuration, model_config, risk_tier and max_cost_per_day. configuration and model_config are merged into the template''s (RFC 7396: null removes a key); the others replace the template''s
User role: manager
Errors: 42501 no_tenant_context, role_not_sufficient; P0002 unknown_template; 22023 invalid_template; 23502 for NULL in name or slug; 23505 assistants_tenant_id_slug_key; 23514 assistants_slug_check, assistants_name_check';
REVOKE ALL ON FUNCTION awgp.create_assistant_from_template(text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_assistant_from_template(text, text, text, jsonb) TO awgp_app;
