-- What was spent in each period of the imported tenants and assistants, and in the past periods of their
-- pools.
INSERT INTO awgp.budget_periods
    (tenant_id, scope, pool_id, assistant_id, starts_at, ends_at, time_zone, limit_amount, opening, spent, held, remainder)
WITH entry AS (
    SELECT c.tenant_id, c.assistant_id, c.pool_id, c.accounted_at, c.cost_amount + c.cost_remainder AS cost,
           COALESCE(t.settings ->> 'time_zone', 'UTC') AS zone, t.quota_monthly_cost_limit
    FROM awgp.cost_transactions AS c
    JOIN awgp.tenants AS t ON t.id = c.tenant_id
    WHERE c.tenant_id IN (SELECT s.id FROM seed.tenants AS s)
),
spent AS (
    SELECT e.tenant_id, 'tenant' AS scope, NULL::uuid AS pool_id, NULL::uuid AS assistant_id, e.zone,
           awgp.import_period('month', 1, e.zone, e.accounted_at) AS period, e.quota_monthly_cost_limit AS limit_amount,
           sum(e.cost) AS cost
    FROM entry AS e GROUP BY 1, 5, 6, 7
    UNION ALL
    SELECT e.tenant_id, 'assistant', NULL, e.assistant_id, e.zone, awgp.import_period('day', 1, e.zone, e.accounted_at),
           a.max_cost_per_day, sum(e.cost)
    FROM entry AS e JOIN awgp.assistants AS a ON a.id = e.assistant_id GROUP BY 1, 4, 5, 6, 7
    UNION ALL
    SELECT e.tenant_id, 'pool', e.pool_id, NULL, e.zone,
           awgp.import_period('month', p.reset_day_of_month, e.zone, e.accounted_at), p.monthly_budget, sum(e.cost)
    FROM entry AS e JOIN awgp.provider_credit_pools AS p ON p.id = e.pool_id AND e.accounted_at < p.period_starts_at
    GROUP BY 1, 3, 5, 6, 7
)
SELECT s.tenant_id, s.scope, s.pool_id, s.assistant_id, s.period[1], s.period[2], s.zone, s.limit_amount, 0,
       round(s.cost, 6), 0, s.cost - round(s.cost, 6)
FROM spent AS s
