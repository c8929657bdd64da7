CREATE OR REPLACE FUNCTION awgp.create_assistant(
    name text,
    slug text,
    type text,
    risk_tier bigint DEFAULT 2,
    capabilities text[] DEFAULT NULL,
    configuration jsonb DEFAULT '{}',
    model_config jsonb DEFAULT '{"provider": "openai", "model": "gpt-4"}',
    max_cost_per_day awgp.number DEFAULT 10.00
) RETURNS awgp.assistants
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.assistants (tenant_id, name, slug, type, risk_tier, capabilities, configuration,
                                 model_config, max_cost_per_day, created_by)
    VALUES (awgp.current_tenant(), create_assistant.name, create_assistant.slug, create_assistant.type,
            COALESCE(awgp.checked_whole('risk_tier', create_assistant.risk_tier), 2), create_assistant.capabilities,
            COALESCE(create_assistant.configuration, '{}'),
            COALESCE(create_assistant.model_config, '{"provider": "openai", "model": "gpt-4"}'),
            COALESCE(awgp.checked_amount(create_assistant.max_cost_per_day::numeric, 'max_cost_per_day'), 10.00), awgp.current_user_id())
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_assistant(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) IS 'Makes an assistant of the tenant in context, inactive, and returns the row.
name: its name for people
slug: lower-case letters, digits and hyphens; unique in the tenant
type: one of the twelve kinds of docs/schema/assistants.md
risk_tier: the highest risk level, 0 to 5, that it handles without an approval
capabilities: the actions it may take
configuration: its settings, a JSON object
model_config: provider, model and parameters, a JSON object
max_cost_per_day: what it may spend a day, in the currency of the tenant''s pools
Errors: 42501 no_tenant_context; 23505 slug taken; 22023 out_of_range; 23514 bad type, slug or number';
REVOKE ALL ON FUNCTION awgp.create_assistant(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_assistant(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) TO awgp_app;
