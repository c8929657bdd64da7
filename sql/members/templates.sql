-- Templates of assistants.

COMMENT ON FUNCTION awgp.template_content(text, jsonb) IS 'Shows, without creating it, the assistant that create_assistant_from_template() would create: {template_id, template_version, type, description, capabilities, configuration, model_config, risk_tier, max_cost_per_day}.
template_slug: the slug of the template
overrides: as for create_assistant_from_template()
Errors: 42501 no_tenant_context; P0002 unknown_template; 22023 invalid_template';
GRANT EXECUTE ON FUNCTION awgp.template_content(text, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.template_difference(uuid) IS 'Shows what would change in an assistant if its template''s newest version were applied with the same overrides: {assistant_id, template_slug, made_from_version, newest_version, changes: [{path, current, proposed}]}. It changes nothing.
assistant_id: an assistant that was made from a template
Errors: 42501 no_tenant_context, unknown_assistant; P0002 unknown_template if the assistant was not made from a template';
GRANT EXECUTE ON FUNCTION awgp.template_difference(uuid) TO awgp_app;
