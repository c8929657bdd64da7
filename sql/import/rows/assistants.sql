-- Assistants, as they would stand in AWGP. Nobody knows when the status changed last: it did by the last
-- change.
SELECT a.id, a.tenant_id, a.name, a.slug, a.description, a.type, a.status, a.updated_at AS status_changed_at,
       COALESCE(a.configuration, '{}') AS configuration, a.capabilities,
       COALESCE(a.model_config, '{}') AS model_config, a.risk_tier, a.max_cost_per_day, a.version, a.created_by,
       a.created_at, a.updated_at
FROM seed.rows AS a
