-- Templates, as they would stand in AWGP. Those that AWGP ships stay its own, and is_system says that AWGP
-- ships it.
SELECT t.id, t.name, t.slug, t.description, t.type, COALESCE(t.configuration, '{}') AS configuration, t.capabilities,
       COALESCE(t.model_config, '{}') AS model_config, false AS is_system, t.created_at, t.updated_at
FROM seed.rows AS t
WHERE NOT (t.is_system AND EXISTS (
    SELECT FROM awgp.assistant_templates AS shipped WHERE shipped.slug = t.slug AND shipped.is_system))
