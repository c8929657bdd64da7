CREATE OR REPLACE FUNCTION awgp.update_assistant(
    assistant_id uuid,
    name text DEFAULT NULL,
    description text DEFAULT NULL,
    risk_tier bigint DEFAULT NULL,
    capabilities text[] DEFAULT NULL,
    configuration jsonb DEFAULT NULL,
    model_config jsonb DEFAULT NULL,
    max_cost_per_day awgp.number DEFAULT NULL
) RETURNS awgp.assistants
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.assistants AS assistant
    SET name = COALESCE(update_assistant.name, assistant.name),
        description = NULLIF(COALESCE(update_assistant.description, assistant.description), ''),
        risk_tier = COALESCE(awgp.checked_whole('risk_tier', update_assistant.risk_tier), assistant.risk_tier),
        capabilities = COALESCE(update_assistant.capabilities, assistant.capabilities),
        configuration = COALESCE(update_assistant.configuration, assistant.configuration),
        model_config = COALESCE(update_assistant.model_config, assistant.model_config),
        max_cost_per_day = COALESCE(awgp.checked_amount(update_assistant.max_cost_per_day::numeric, 'max_cost_per_day'), assistant.max_cost_per_day)
    WHERE assistant.id = (SELECT awgp.require_assistant(update_assistant.assistant_id))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_assistant(uuid, text, text, bigint, text[], jsonb, jsonb, awgp.number) IS 'Changes an assistant, and returns the row. Approvals that are open or not used yet were asked for what it was: after a change of what they are pinned to they no longer hold (docs/approvals.md). set_assistant_status() suspends and retires it.
assistant_id: an assistant of the tenant in context or, if that is a holding, of one of its direct active subsidiaries
name: display name; NULL keeps it
description: what it is for; NULL keeps it, the empty text removes it
risk_tier: the highest risk level, 0 to 5, that it handles without an approval; NULL keeps it
capabilities: names of the actions that it may take, instead of the present ones; NULL keeps them, an empty array: no named action
configuration: its settings, a JSON object, instead of the present ones; NULL keeps them
model_config: provider, model and parameters, a JSON object, instead of the present ones; NULL keeps them
max_cost_per_day: what it may spend in a day; NULL keeps it
User role: manager
Errors: 42501 unknown_assistant, no_tenant_context, role_not_sufficient; 22023 out_of_range; 23514 assistants_name_check, assistants_risk_tier_check, assistants_max_cost_per_day_check, assistants_configuration_check, assistants_model_config_check';
REVOKE ALL ON FUNCTION awgp.update_assistant(uuid, text, text, bigint, text[], jsonb, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_assistant(uuid, text, text, bigint, text[], jsonb, jsonb, awgp.number) TO awgp_app;
