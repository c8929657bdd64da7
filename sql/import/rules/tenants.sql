-- Tenants whose settings AWGP cannot use, whose parent is no holding, or that descend from themselves; and
-- more active users or assistants than the tenant's quota allows.
SELECT t.id::text AS row_id, 'settings' AS column_name, problem[1] AS reason, problem[2] AS detail, 'error' AS severity
FROM seed.tenants AS t CROSS JOIN LATERAL awgp.import_settings_problem(awgp.import_settings(t.settings)) AS problem
WHERE problem IS NOT NULL
UNION ALL
SELECT t.id::text, 'settings', 'kept_below_application', (
    SELECT string_agg(key, ', ') FROM jsonb_object_keys(t.settings) AS key WHERE NOT awgp.import_knows_setting(key)), 'warning'
FROM seed.tenants AS t
WHERE jsonb_typeof(t.settings) = 'object' AND awgp.import_settings(t.settings) <> t.settings
UNION ALL
SELECT t.id::text, 'parent_tenant_id', 'parent_not_holding', p.slug, 'error'
FROM seed.tenants AS t JOIN seed.tenants AS p ON p.id = t.parent_tenant_id
WHERE p.type <> 'holding'
UNION ALL
SELECT t.id::text, 'parent_tenant_id', 'tenant_cycle', NULL, 'error'
FROM seed.tenants AS t
WHERE t.parent_tenant_id IS NOT NULL AND NOT EXISTS (
    WITH RECURSIVE up (id, parent) AS (
        SELECT t.id, t.parent_tenant_id
        UNION
        SELECT p.id, p.parent_tenant_id FROM up JOIN seed.tenants AS p ON p.id = up.parent)
    SELECT FROM up WHERE up.parent IS NULL OR NOT EXISTS (SELECT FROM seed.tenants AS q WHERE q.id = up.parent))
UNION ALL
SELECT t.id::text, 'quota_max_users', 'quota_exceeded', format('%s active users', count(*)), 'error'
FROM seed.tenants AS t JOIN seed.users AS u ON u.tenant_id = t.id AND u.is_active
GROUP BY t.id, t.quota_max_users HAVING count(*) > t.quota_max_users
UNION ALL
SELECT t.id::text, 'quota_max_assistants', 'quota_exceeded', format('%s active assistants', count(*)), 'error'
FROM seed.tenants AS t JOIN seed.assistants AS a ON a.tenant_id = t.id AND a.status = 'active'
GROUP BY t.id, t.quota_max_assistants HAVING count(*) > t.quota_max_assistants
