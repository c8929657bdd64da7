-- Budgets in the current period of their pool. The $1 pools with the largest budgets have rows of their own;
-- all others are added up under the name (others), so that the number of rows is bounded. No slug is written
-- that way.
WITH pool AS MATERIALIZED (
    SELECT status.tenant_slug, status.provider, status.budget, status.spent, status.held, status.left_amount,
           row_number() OVER (ORDER BY status.budget DESC, status.tenant_slug, status.provider) <= $1 AS is_named
    FROM awgp.budget_status AS status
    JOIN awgp.tenants ON tenants.id = status.tenant_id
    WHERE tenants.is_active
), summed AS (
    SELECT CASE WHEN is_named THEN tenant_slug ELSE '(others)' END AS tenant,
           CASE WHEN is_named THEN provider ELSE '(others)' END AS provider,
           sum(budget) AS budget, sum(spent) AS spent, sum(held) AS held, sum(left_amount) AS left_amount
    FROM pool
    GROUP BY 1, 2
), class (label, from_part, to_part) AS (
    VALUES ('under_50', '-Infinity'::numeric, 0.5), ('50_to_75', 0.5, 0.75), ('75_to_90', 0.75, 0.9),
           ('90_to_100', 0.9, 1), ('exhausted', 1, 'Infinity')
)
SELECT number.name, NULL, number.help, jsonb_build_object('tenant', summed.tenant, 'provider', summed.provider),
       number.value
FROM summed
CROSS JOIN LATERAL (VALUES
    ('awgp_pool_budget', 'What may be spent from the pool in its current period', summed.budget),
    ('awgp_pool_spent', 'What was spent from the pool in its current period', summed.spent),
    ('awgp_pool_held', 'What reservations hold of the pool', summed.held),
    ('awgp_pool_left', 'What is left of the pool: budget minus spent and held', summed.left_amount)
) AS number (name, help, value)
UNION ALL
SELECT 'awgp_pools', NULL, 'Pools of all tenants by the share of their budget that is spent or held, in per cent',
       jsonb_build_object('used', class.label),
       (SELECT count(*) FROM pool
        -- A pool without a budget has nothing to use up.
        WHERE (CASE WHEN pool.budget = 0 AND pool.left_amount >= 0 THEN 0
                    WHEN pool.budget = 0 THEN 1
                    ELSE (pool.spent + pool.held) / pool.budget END) >= class.from_part
          AND (CASE WHEN pool.budget = 0 AND pool.left_amount >= 0 THEN 0
                    WHEN pool.budget = 0 THEN 1
                    ELSE (pool.spent + pool.held) / pool.budget END) < class.to_part)::numeric
FROM class
