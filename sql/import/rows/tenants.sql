-- Tenants, as they would stand in AWGP.
SELECT t.id, t.name, t.slug, t.type, t.parent_tenant_id, awgp.import_settings(t.settings) AS settings,
       t.quota_max_assistants, t.quota_max_users, t.quota_monthly_cost_limit, t.is_active, t.created_at, t.updated_at
FROM seed.rows AS t
