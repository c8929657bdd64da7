-- The present period of each imported pool. What its balance says was spent and its entries do not, was
-- spent before: the opening. Where the entries say more, they are right.
INSERT INTO awgp.budget_periods
    (tenant_id, scope, pool_id, starts_at, ends_at, time_zone, limit_amount, opening, spent, held, remainder)
SELECT p.tenant_id, 'pool', p.id, p.period_starts_at, p.period_ends_at, COALESCE(t.settings ->> 'time_zone', 'UTC'),
       p.monthly_budget, opening, round(opening + cost, 6), 0, opening + cost - round(opening + cost, 6)
FROM awgp.provider_credit_pools AS p
JOIN awgp.tenants AS t ON t.id = p.tenant_id
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(c.cost_amount + c.cost_remainder), 0) FROM awgp.cost_transactions AS c
    WHERE c.tenant_id = p.tenant_id AND c.pool_id = p.id AND c.accounted_at >= p.period_starts_at) AS entries (cost)
CROSS JOIN LATERAL (
    SELECT GREATEST(round(p.monthly_budget - p.current_balance - cost, 6), 0)) AS before (opening)
WHERE p.id IN (SELECT s.id FROM seed.provider_credit_pools AS s)
