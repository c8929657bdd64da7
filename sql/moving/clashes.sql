-- What would keep a family from arriving here. $1: its tenants, $2: its facts. Problem, and what it is about.
WITH here (version, encoding, shape) AS (
    SELECT (SELECT extversion FROM pg_extension WHERE extname = 'awgp'), getdatabaseencoding(),
           (SELECT encode(sha256(convert_to(string_agg(format('%s.%s %s', relname, attname, atttypid::regtype), E'\n'
                                            ORDER BY relname, attnum), 'UTF8')), 'hex')
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
              AND attnum > 0 AND NOT attisdropped AND relname !~ '^audit_logs_')
)
SELECT 'version', format('%s here, %s there', version, $2 ->> 'version') FROM here
WHERE version <> $2 ->> 'version' OR shape <> $2 ->> 'shape'
UNION ALL
SELECT 'encoding', format('%s here, %s there', encoding, $2 ->> 'encoding') FROM here
WHERE encoding <> $2 ->> 'encoding'
UNION ALL
SELECT 'tenant_present', slug FROM awgp.tenants
WHERE id = ANY ($1) OR slug IN (SELECT jsonb_array_elements_text($2 -> 'slugs'))
UNION ALL
SELECT 'user_present', keycloak_id FROM awgp.users
WHERE keycloak_id IN (SELECT jsonb_array_elements_text($2 -> 'subjects'))
UNION ALL
SELECT 'provider_present', provider.name
FROM awgp.identity_providers AS provider
JOIN jsonb_to_recordset($2 -> 'providers') AS told (name text, issuer text)
    ON told.name = provider.name OR told.issuer = provider.issuer
UNION ALL
SELECT 'template_differs', template.slug
FROM awgp.assistant_templates AS template
JOIN jsonb_to_recordset($2 -> 'templates') AS told (id uuid, slug text, content_digest text)
    ON (told.id = template.id) <> (told.slug = template.slug)
    OR (told.id = template.id AND told.content_digest <> template.content_digest)
UNION ALL
SELECT 'month_retired', partition_name FROM awgp.audit_retired_partitions
WHERE restored_at IS NULL AND partition_name IN (SELECT jsonb_array_elements_text($2 -> 'months'))
