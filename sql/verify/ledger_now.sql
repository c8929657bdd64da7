-- Whether a period that has not ended, or a pool, may differ from its entries. An entry is written
-- after its period began, but for one of a transaction that had begun before; a day is longer than
-- those take. Where one took longer this says true, and whoever asks verifies the whole ledger. OFFSET
-- 0: one look-up of an index for each subject, whatever the planner expects.
WITH open AS MATERIALIZED (
    SELECT 'tenant' AS scope, tenant.id AS subject, period.*
    FROM awgp.tenants AS tenant CROSS JOIN LATERAL (
        SELECT id, starts_at, ends_at, opening, spent + remainder AS spent, held FROM awgp.budget_periods
        WHERE scope = 'tenant' AND tenant_id = tenant.id AND ends_at > now() OFFSET 0) AS period
    UNION ALL
    SELECT 'holding', tenant.id, period.*
    FROM awgp.tenants AS tenant CROSS JOIN LATERAL (
        SELECT id, starts_at, ends_at, opening, spent + remainder, held FROM awgp.budget_periods
        WHERE scope = 'holding' AND tenant_id = tenant.id AND ends_at > now() OFFSET 0) AS period
    UNION ALL
    SELECT 'pool', pool.id, period.*
    FROM awgp.provider_credit_pools AS pool CROSS JOIN LATERAL (
        SELECT id, starts_at, ends_at, opening, spent + remainder, held FROM awgp.budget_periods
        WHERE scope = 'pool' AND pool_id = pool.id AND ends_at > now() OFFSET 0) AS period
    UNION ALL
    SELECT 'assistant', assistant.id, period.*
    FROM awgp.assistants AS assistant CROSS JOIN LATERAL (
        SELECT id, starts_at, ends_at, opening, spent + remainder, held FROM awgp.budget_periods
        WHERE scope = 'assistant' AND assistant_id = assistant.id AND ends_at > now() OFFSET 0) AS period
),
moved AS MATERIALIZED (
    SELECT entry.*
    FROM (SELECT min(starts_at) - interval '1 day' AS since FROM open) AS oldest
    CROSS JOIN awgp.tenants AS tenant
    CROSS JOIN LATERAL (
        SELECT tenant_id, assistant_id, pool_id, holding_id, accounted_at AS at, cost_amount + cost_remainder AS spent, 0::numeric AS held
        FROM awgp.cost_transactions
        WHERE tenant_id = tenant.id AND created_at >= oldest.since OFFSET 0) AS entry
    UNION ALL
    SELECT tenant_id, assistant_id, pool_id, holding_id, reserved_at, 0, amount
    FROM awgp.credit_reservations WHERE state = 'held'
),
totals AS (
    SELECT id, sum(spent) AS spent, sum(held) AS held
    FROM (SELECT open.id, moved.spent, moved.held FROM moved JOIN open
              ON scope = 'tenant' AND subject = tenant_id AND at >= starts_at AND at < ends_at
          UNION ALL
          SELECT open.id, moved.spent, moved.held FROM moved JOIN open
              ON scope = 'holding' AND subject = holding_id AND at >= starts_at AND at < ends_at
          UNION ALL
          SELECT open.id, moved.spent, moved.held FROM moved JOIN open
              ON scope = 'pool' AND subject = pool_id AND at >= starts_at AND at < ends_at
          UNION ALL
          SELECT open.id, moved.spent, moved.held FROM moved JOIN open
              ON scope = 'assistant' AND subject = assistant_id AND at >= starts_at AND at < ends_at) AS counted
    GROUP BY id
)
SELECT EXISTS (
    SELECT FROM open LEFT JOIN totals USING (id)
    WHERE open.spent <> open.opening + COALESCE(totals.spent, 0) OR open.held <> COALESCE(totals.held, 0))
OR EXISTS (
    SELECT FROM awgp.provider_credit_pools AS pool
    LEFT JOIN LATERAL (
        SELECT id, starts_at, spent FROM awgp.budget_periods
        WHERE scope = 'pool' AND pool_id = pool.id AND ends_at = pool.period_ends_at OFFSET 0) AS period ON true
    WHERE period.id IS NULL OR pool.current_balance <> pool.monthly_budget - period.spent
       OR period.starts_at <> pool.period_starts_at
       OR EXISTS (SELECT FROM awgp.budget_periods AS later
                  WHERE later.scope = 'pool' AND later.pool_id = pool.id AND later.ends_at > pool.period_ends_at
                    AND later.spent + later.remainder <> 0))
