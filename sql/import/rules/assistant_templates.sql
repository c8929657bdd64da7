-- Templates that AWGP ships itself, and those that AWGP would take for its own.
SELECT t.id::text AS row_id, 'slug' AS column_name, 'template_shipped' AS reason, t.slug AS detail, 'warning' AS severity
FROM seed.assistant_templates AS t
WHERE t.is_system AND EXISTS (
    SELECT FROM awgp.assistant_templates AS shipped WHERE shipped.slug = t.slug AND shipped.is_system)
UNION ALL
SELECT t.id::text, 'is_system', 'template_not_shipped', t.slug, 'warning'
FROM seed.assistant_templates AS t
WHERE t.is_system AND NOT EXISTS (
    SELECT FROM awgp.assistant_templates AS shipped WHERE shipped.slug = t.slug AND shipped.is_system)
