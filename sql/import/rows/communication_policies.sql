-- Communication policies, as they would stand in AWGP.
SELECT c.id, c.tenant_id, c.name, c.from_assistant_types, c.to_assistant_types, c.allowed_channels,
       COALESCE(c.content_rules, '{}') AS content_rules, c.rate_limit_per_hour, c.is_active, c.created_at, c.updated_at
FROM seed.rows AS c
