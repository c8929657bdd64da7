-- Every balance against what it should be. Severity, kind, tenant, object, expected, found, detail.
WITH moved (tenant_id, assistant_id, pool_id, holding_id, at, spent, held, id) AS (
    SELECT tenant_id, assistant_id, pool_id, holding_id, accounted_at, cost_amount + cost_remainder, 0, id FROM awgp.cost_transactions
    UNION ALL
    SELECT tenant_id, assistant_id, pool_id, holding_id, reserved_at, 0, amount, id FROM awgp.credit_reservations
    WHERE state = 'held'
),
-- The period of a moment is the first that ends after it.
counted AS MATERIALIZED (
    SELECT moved.*, of_tenant.id AS tenant_period, of_pool.id AS pool_period, of_assistant.id AS assistant_period,
           of_holding.id AS holding_period
    FROM moved
    LEFT JOIN LATERAL (
        SELECT id, starts_at FROM awgp.budget_periods AS period
        WHERE period.scope = 'tenant' AND period.tenant_id = moved.tenant_id AND period.ends_at > moved.at
        ORDER BY period.ends_at LIMIT 1) AS of_tenant ON of_tenant.starts_at <= moved.at
    LEFT JOIN LATERAL (
        SELECT id, starts_at FROM awgp.budget_periods AS period
        WHERE period.scope = 'pool' AND period.pool_id = moved.pool_id AND period.ends_at > moved.at
        ORDER BY period.ends_at LIMIT 1) AS of_pool ON of_pool.starts_at <= moved.at
    LEFT JOIN LATERAL (
        SELECT id, starts_at FROM awgp.budget_periods AS period
        WHERE period.scope = 'assistant' AND period.assistant_id = moved.assistant_id AND period.ends_at > moved.at
        ORDER BY period.ends_at LIMIT 1) AS of_assistant ON of_assistant.starts_at <= moved.at
    LEFT JOIN LATERAL (
        SELECT id, starts_at FROM awgp.budget_periods AS period
        WHERE period.scope = 'holding' AND period.tenant_id = moved.holding_id AND period.ends_at > moved.at
        ORDER BY period.ends_at LIMIT 1) AS of_holding ON of_holding.starts_at <= moved.at
),
totals (period_id, spent, held) AS (
    SELECT period_id, sum(spent), sum(held)
    FROM counted
    CROSS JOIN LATERAL unnest(ARRAY[tenant_period, pool_period, assistant_period, holding_period]) AS period_id
    WHERE period_id IS NOT NULL
    GROUP BY period_id
)
SELECT 'error'::text, 'spent_differs'::text, period.tenant_id, period.id, period.opening + COALESCE(totals.spent, 0),
       period.spent + period.remainder,
       format('the %s''s period that ends %s has spent another sum than its entries say', period.scope, period.ends_at)
FROM awgp.budget_periods AS period LEFT JOIN totals ON totals.period_id = period.id
WHERE period.spent + period.remainder <> period.opening + COALESCE(totals.spent, 0)
UNION ALL
SELECT 'error', 'held_differs', period.tenant_id, period.id, COALESCE(totals.held, 0), period.held,
       format('the %s''s period that ends %s holds another sum than its reservations say', period.scope, period.ends_at)
FROM awgp.budget_periods AS period LEFT JOIN totals ON totals.period_id = period.id
WHERE period.held <> COALESCE(totals.held, 0)
UNION ALL
SELECT 'error', 'not_counted', tenant_id, id, spent + held, NULL,
       'it counts in no period of its tenant, its assistant or its pool'
FROM counted
WHERE tenant_period IS NULL OR assistant_period IS NULL OR (pool_id IS NOT NULL AND pool_period IS NULL)
UNION ALL
SELECT 'error', 'balance_differs', pool.tenant_id, pool.id, pool.monthly_budget - period.spent, pool.current_balance,
       'the pool''s balance is not its budget less what its period has spent'
FROM awgp.provider_credit_pools AS pool
LEFT JOIN awgp.budget_periods AS period
    ON period.scope = 'pool' AND period.pool_id = pool.id AND period.ends_at = pool.period_ends_at
WHERE period.id IS NULL OR pool.current_balance <> pool.monthly_budget - period.spent
UNION ALL
-- What the trail has of a period is its row's own event; what the pool shows of it has to agree.
SELECT 'error', 'period_differs', pool.tenant_id, pool.id, NULL, NULL,
       format('the pool shows the period from %s to %s; its newest with a cost is from %s to %s',
              pool.period_starts_at, pool.period_ends_at, newest.starts_at, newest.ends_at)
FROM awgp.provider_credit_pools AS pool
CROSS JOIN LATERAL (
    SELECT starts_at, ends_at FROM awgp.budget_periods AS period
    WHERE period.scope = 'pool' AND period.pool_id = pool.id AND period.ends_at >= pool.period_ends_at
      AND (period.ends_at = pool.period_ends_at OR period.spent + period.remainder <> 0)
    ORDER BY period.ends_at DESC LIMIT 1) AS newest
WHERE newest.ends_at <> pool.period_ends_at OR newest.starts_at <> pool.period_starts_at
UNION ALL
SELECT 'error', 'settlement_differs', reservation.tenant_id, reservation.id, NULL, NULL,
       'the reservation is settled without an entry, or has an entry and is not settled'
FROM awgp.credit_reservations AS reservation
LEFT JOIN awgp.cost_transactions AS entry
    ON entry.tenant_id = reservation.tenant_id AND entry.reservation_id = reservation.id
WHERE (reservation.state = 'settled') <> (entry.id IS NOT NULL)
ORDER BY 2, 3, 4
