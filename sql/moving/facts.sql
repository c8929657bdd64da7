-- What another installation must know before it takes a family. $1: its tenants, $2: the one at its top.
SELECT jsonb_build_object(
    'install_id', (SELECT id FROM awgp.installation),
    'family_id', $2::uuid,
    'slug', (SELECT slug FROM awgp.tenants WHERE id = $2),
    'version', (SELECT extversion FROM pg_extension WHERE extname = 'awgp'),
    'encoding', getdatabaseencoding(),
    -- Rows go as text of their table's type, so the columns must be the same, in the same order.
    'shape', (SELECT encode(sha256(convert_to(string_agg(format('%s.%s %s', relname, attname, atttypid::regtype), E'\n'
                                              ORDER BY relname, attnum), 'UTF8')), 'hex')
              FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
              WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                AND attnum > 0 AND NOT attisdropped AND relname !~ '^audit_logs_'),
    'tenants', to_jsonb($1::uuid[]),
    'slugs', (SELECT jsonb_agg(slug ORDER BY slug) FROM awgp.tenants WHERE id = ANY ($1)),
    'subjects', (SELECT coalesce(jsonb_agg(keycloak_id ORDER BY keycloak_id), '[]') FROM awgp.users
                 WHERE tenant_id = ANY ($1) AND keycloak_id IS NOT NULL),
    'providers', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'issuer', issuer) ORDER BY name), '[]')
                  FROM awgp.identity_providers WHERE only_tenant_id = ANY ($1)),
    'shared_providers', (SELECT coalesce(jsonb_agg(issuer ORDER BY issuer), '[]')
                         FROM awgp.identity_providers WHERE only_tenant_id IS NULL AND is_active),
    'templates', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'slug', slug, 'content_digest', content_digest)
                                            ORDER BY slug), '[]')
                  FROM awgp.assistant_templates
                  WHERE id IN (SELECT template_id FROM awgp.assistants WHERE tenant_id = ANY ($1))),
    'months', (SELECT coalesce(jsonb_agg(month ORDER BY month), '[]') FROM (
                   SELECT relname::text AS month FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                   WHERE inhparent = 'awgp.audit_logs'::regclass AND relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
                     AND EXISTS (SELECT FROM awgp.audit_logs WHERE tableoid = pg_class.oid AND tenant_id = ANY ($1))) AS own),
    -- Tables of applications are the applications' own; somebody must move their rows.
    'not_moved', (SELECT coalesce(jsonb_agg(DISTINCT table_name), '[]') FROM awgp.tracked_tables),
    'rows', (SELECT count(*) FROM awgp.audit_logs WHERE tenant_id = ANY ($1)))
