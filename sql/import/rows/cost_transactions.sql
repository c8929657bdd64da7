-- Entries of the ledger, as they would stand in AWGP: accounted when they were made, to the tenant's pool
-- of the provider and to the tenant's holding. Digits beyond six decimals are the remainder.
SELECT c.id, c.tenant_id, c.assistant_id, c.work_item_id, c.provider, c.model, c.input_tokens, c.output_tokens,
       round(c.cost_amount, 6) AS cost_amount, COALESCE(c.metadata, '{}') AS metadata, p.id AS pool_id,
       COALESCE(t.parent_tenant_id, CASE WHEN t.type = 'holding' THEN t.id END) AS holding_id,
       c.created_at AS accounted_at, c.created_at, trim_scale(c.cost_amount - round(c.cost_amount, 6)) AS cost_remainder,
       NULL::uuid AS reverses_id
FROM seed.rows AS c
LEFT JOIN seed.provider_credit_pools AS p ON p.tenant_id = c.tenant_id AND p.provider = c.provider
LEFT JOIN seed.tenants AS t ON t.id = c.tenant_id
