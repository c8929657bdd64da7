-- Budgets and spend of a tenant in one row; of a holding and its subsidiaries, in one query.

CREATE OR REPLACE VIEW awgp.tenant_budgets WITH (security_invoker = true) AS
SELECT t.id AS tenant_id, t.slug AS tenant_slug, t.name AS tenant_name, t.type AS tenant_type, t.parent_tenant_id,
       pools.pools, pools.budget, pools.spent, pools.held, pools.left_amount, pools.forecast,
       t.quota_monthly_cost_limit AS month_limit, COALESCE(month.spent, 0) AS month_spent,
       COALESCE(month.held, 0) AS month_held,
       t.quota_monthly_cost_limit - COALESCE(month.spent, 0) - COALESCE(month.held, 0) AS month_left,
       holding.limit_amount AS holding_limit, holding.spent AS holding_spent, holding.held AS holding_held
FROM awgp.tenants AS t
CROSS JOIN LATERAL (
    SELECT count(*) AS pools, COALESCE(sum(s.budget), 0) AS budget, COALESCE(sum(s.spent), 0) AS spent,
           COALESCE(sum(s.held), 0) AS held, COALESCE(sum(s.left_amount), 0) AS left_amount,
           COALESCE(sum(s.forecast), 0) AS forecast
    FROM awgp.budget_status AS s WHERE s.tenant_id = t.id) AS pools
LEFT JOIN LATERAL (
    SELECT b.spent,
           (SELECT sum(r.amount) FROM awgp.credit_reservations AS r
            WHERE r.tenant_id = t.id AND r.state = 'held' AND r.expires_at > statement_timestamp()
              AND r.reserved_at >= b.starts_at) AS held
    FROM awgp.budget_periods AS b
    WHERE b.tenant_id = t.id AND b.scope = 'tenant'
      AND b.ends_at > statement_timestamp() AND b.starts_at <= statement_timestamp()
    ORDER BY b.ends_at LIMIT 1) AS month ON true
LEFT JOIN LATERAL (
    SELECT b.limit_amount, b.spent,
           (SELECT COALESCE(sum(r.amount), 0) FROM awgp.credit_reservations AS r
            WHERE r.holding_id = t.id AND r.state = 'held' AND r.expires_at > statement_timestamp()
              AND r.reserved_at >= b.starts_at) AS held
    FROM awgp.budget_periods AS b
    WHERE b.tenant_id = t.id AND b.scope = 'holding'
      AND b.ends_at > statement_timestamp() AND b.starts_at <= statement_timestamp()
    ORDER BY b.ends_at LIMIT 1) AS holding ON true;

COMMENT ON VIEW awgp.tenant_budgets IS 'Budgets and costs, one row for each tenant. A holding reads those of all its subsidiaries in one query.';
COMMENT ON COLUMN awgp.tenant_budgets.tenant_id IS 'The tenant.';
COMMENT ON COLUMN awgp.tenant_budgets.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.tenant_budgets.tenant_name IS 'The name of the tenant.';
COMMENT ON COLUMN awgp.tenant_budgets.tenant_type IS 'holding or subsidiary.';
COMMENT ON COLUMN awgp.tenant_budgets.parent_tenant_id IS 'The holding it belongs to; NULL: none.';
COMMENT ON COLUMN awgp.tenant_budgets.pools IS 'How many pools it has.';
COMMENT ON COLUMN awgp.tenant_budgets.budget IS 'What may be spent in the current periods of its pools, added up.';
COMMENT ON COLUMN awgp.tenant_budgets.spent IS 'What was spent in these periods.';
COMMENT ON COLUMN awgp.tenant_budgets.held IS 'What reservations from its pools hold that have not expired.';
COMMENT ON COLUMN awgp.tenant_budgets.left_amount IS 'What is left: budget minus spent and held.';
COMMENT ON COLUMN awgp.tenant_budgets.forecast IS 'What will have been spent when the periods end, at the present rates.';
COMMENT ON COLUMN awgp.tenant_budgets.month_limit IS 'What the tenant may spend this month: quota_monthly_cost_limit.';
COMMENT ON COLUMN awgp.tenant_budgets.month_spent IS 'What it has spent this month.';
COMMENT ON COLUMN awgp.tenant_budgets.month_held IS 'What its reservations of this month hold that have not expired.';
COMMENT ON COLUMN awgp.tenant_budgets.month_left IS 'What is left of its month: month_limit minus month_spent and month_held.';
COMMENT ON COLUMN awgp.tenant_budgets.holding_limit IS 'What this holding and its subsidiaries may spend this month together; NULL without such a limit, or before the first cost of the month.';
COMMENT ON COLUMN awgp.tenant_budgets.holding_spent IS 'What they have spent this month together.';
COMMENT ON COLUMN awgp.tenant_budgets.holding_held IS 'What their reservations of this month hold that have not expired.';

REVOKE ALL ON awgp.tenant_budgets FROM PUBLIC;
GRANT SELECT ON awgp.tenant_budgets TO awgp_app;
