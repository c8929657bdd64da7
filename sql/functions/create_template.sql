CREATE OR REPLACE FUNCTION awgp.create_template(
    name text,
    slug text,
    type text,
    description text DEFAULT NULL,
    risk_tier bigint DEFAULT 2,
    capabilities text[] DEFAULT NULL,
    configuration jsonb DEFAULT '{}',
    model_config jsonb DEFAULT '{}',
    max_cost_per_day awgp.number DEFAULT 10.00
) RETURNS awgp.assistant_templates
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.assistant_templates (name, slug, type, description, risk_tier, capabilities, configuration,
                                          model_config, max_cost_per_day)
    VALUES (create_template.name, create_template.slug, create_template.type, create_template.description,
            COALESCE(awgp.checked_whole('risk_tier', create_template.risk_tier), 2), create_template.capabilities,
            COALESCE(create_template.configuration, '{}'), COALESCE(create_template.model_config, '{}'),
            COALESCE(awgp.checked_amount(create_template.max_cost_per_day::numeric, 'max_cost_per_day'), 10.00))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_template(text, text, text, text, bigint, text[], jsonb, jsonb, awgp.number) IS 'Makes a template that assistants of every tenant can be made from, and returns the row.
name: display name
slug: lower-case letters, digits and single hyphens between them, 63 characters at most; unique in the database
type: the type of the assistants, as for create_assistant()
description: what they are for; NULL: nothing said
risk_tier: the highest risk level, 0 to 5, that they handle without an approval
capabilities: names of the actions that they may take; NULL or an empty array: no named action
configuration: their settings, a JSON object
model_config: provider, model and parameters, a JSON object
max_cost_per_day: what each may spend in a day
Errors: 22023 out_of_range; 23502 for NULL in name, slug or type; 23505 assistant_templates_slug_key; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.create_template(text, text, text, text, bigint, text[], jsonb, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_template(text, text, text, text, bigint, text[], jsonb, jsonb, awgp.number) TO awgp_admin;
