CREATE OR REPLACE FUNCTION awgp.update_template(
    slug text,
    name text DEFAULT NULL,
    description text DEFAULT NULL,
    risk_tier bigint DEFAULT NULL,
    capabilities text[] DEFAULT NULL,
    configuration jsonb DEFAULT NULL,
    model_config jsonb DEFAULT NULL,
    max_cost_per_day awgp.number DEFAULT NULL
) RETURNS SETOF awgp.assistant_templates
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.assistant_templates AS template
    SET name = COALESCE(update_template.name, template.name),
        description = NULLIF(COALESCE(update_template.description, template.description), ''),
        risk_tier = COALESCE(awgp.checked_whole('risk_tier', update_template.risk_tier), template.risk_tier),
        capabilities = COALESCE(update_template.capabilities, template.capabilities),
        configuration = COALESCE(update_template.configuration, template.configuration),
        model_config = COALESCE(update_template.model_config, template.model_config),
        max_cost_per_day = COALESCE(awgp.checked_amount(update_template.max_cost_per_day::numeric, 'max_cost_per_day'), template.max_cost_per_day)
    WHERE template.slug = update_template.slug
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_template(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) IS 'Changes a template, and returns the row. A change of its content is a new version; assistants that were made from it stay as they are (template_difference()). No row if there is no such template.
slug: the template
name: display name; NULL keeps it
description: what the assistants are for; NULL keeps it, the empty text removes it
risk_tier: the highest risk level, 0 to 5, that they handle without an approval; NULL keeps it
capabilities: names of the actions that they may take, instead of the present ones; NULL keeps them
configuration: their settings, a JSON object, instead of the present ones; NULL keeps them
model_config: provider, model and parameters, a JSON object, instead of the present ones; NULL keeps them
max_cost_per_day: what each may spend in a day; NULL keeps it
Errors: 42501 system_template; 22023 out_of_range; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.update_template(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_template(text, text, text, bigint, text[], jsonb, jsonb, awgp.number) TO awgp_admin;
