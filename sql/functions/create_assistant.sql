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
name: display name
slug: lower-case letters, digits and single hyphens between them, 63 characters at most; unique in the tenant
type: executive_cos, shared_finance, shared_hr, shared_it, shared_legal, company_operations, company_finance, company_marketing, company_customer, company_product, company_compliance or custom
risk_tier: the highest risk level, 0 to 5, that it handles without an approval
capabilities: names of the actions that it may take; NULL or an empty array: no named action
configuration: its settings, a JSON object
model_config: provider, model and parameters, a JSON object
max_cost_per_day: what it may spend in a day
User role: manager
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range if risk_tier does not fit 32 bits or max_cost_per_day is NaN or infinite; 23502 for NULL in name, slug or type; 23505 assistants_tenant_id_slug_key; 23514 assistants_type_check, assistants_slug_check, assistants_name_check, assistants_risk_tier_check, assistants_max_cost_per_day_check, assistants_configuration_check, assistants_model_config_check';
REVOKE ALL ON FUNCTION awgp.create_assistant(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_assistant(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) TO awgp_app;
