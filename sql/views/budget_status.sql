-- How each budget stands at this moment, and how it will stand at the present rate.

CREATE OR REPLACE VIEW awgp.budget_status WITH (security_invoker = true) AS
SELECT p.tenant_id, t.slug AS tenant_slug, p.id AS pool_id, p.provider,
       span.starts_at AS period_starts_at, span.ends_at AS period_ends_at,
       total.budget, used.spent, used.held, rest.left_amount,
       round(100 * (used.spent + used.held) / NULLIF(total.budget, 0), 1) AS used_percent,
       round(rate.per_second * 86400, 6) AS per_day,
       round(used.spent + rate.per_second * rate.seconds_left, 6) AS forecast,
       CASE WHEN rest.left_amount <= 0 THEN awgp.accounting_day(rate.moment, span.time_zone)
            -- Compared before it becomes an interval: at a low rate it is longer than any.
            WHEN rest.left_amount < rate.per_second * rate.seconds_left
            THEN awgp.accounting_day(
                rate.moment + make_interval(secs => (rest.left_amount / rate.per_second)::double precision),
                span.time_zone)
       END AS runs_out_on,
       temporary.amount AS raise_amount, temporary.until AS raised_until
FROM awgp.provider_credit_pools AS p
JOIN awgp.tenants AS t ON t.id = p.tenant_id
LEFT JOIN LATERAL (
    SELECT b.starts_at, b.ends_at, b.time_zone, b.spent FROM awgp.budget_periods AS b
    WHERE b.tenant_id = p.tenant_id AND b.pool_id = p.id AND b.scope = 'pool'
      AND b.ends_at > statement_timestamp() AND b.starts_at <= statement_timestamp()
    ORDER BY b.ends_at LIMIT 1) AS current ON true
LEFT JOIN LATERAL (
    SELECT p.raise_amount AS amount, p.raised_until AS until
    WHERE p.raise_amount > 0 AND p.raised_until > statement_timestamp()) AS temporary ON true
CROSS JOIN LATERAL (SELECT p.monthly_budget + COALESCE(temporary.amount, 0) AS budget) AS total
-- Nothing was spent in a period that has no row yet.
CROSS JOIN LATERAL (
    SELECT COALESCE(current.time_zone, t.settings ->> 'time_zone', 'UTC') AS time_zone) AS zone
LEFT JOIN LATERAL (
    SELECT awgp.pool_period(p.reset_day_of_month, zone.time_zone, statement_timestamp()) AS bounds
    WHERE current.ends_at IS NULL) AS untouched ON true
CROSS JOIN LATERAL (
    SELECT zone.time_zone, COALESCE(current.starts_at, untouched.bounds[1]) AS starts_at,
           COALESCE(current.ends_at, untouched.bounds[2]) AS ends_at) AS span
CROSS JOIN LATERAL (
    SELECT COALESCE(current.spent, 0) AS spent, COALESCE(sum(r.amount), 0) AS held
    FROM awgp.credit_reservations AS r
    WHERE r.tenant_id = p.tenant_id AND r.pool_id = p.id AND r.state = 'held'
      AND r.expires_at > statement_timestamp() AND r.reserved_at >= span.starts_at) AS used
CROSS JOIN LATERAL (SELECT total.budget - used.spent - used.held AS left_amount) AS rest
CROSS JOIN LATERAL (
    SELECT statement_timestamp() AS moment,
           EXTRACT(epoch FROM span.ends_at - statement_timestamp()) AS seconds_left,
           COALESCE(used.spent / NULLIF(EXTRACT(epoch FROM statement_timestamp() - span.starts_at), 0), 0)
               AS per_second) AS rate;

COMMENT ON VIEW awgp.budget_status IS 'What each pool has spent in its current period, and what it will have spent at the end of it at the present rate.';
COMMENT ON COLUMN awgp.budget_status.tenant_id IS 'The tenant whose pool it is.';
COMMENT ON COLUMN awgp.budget_status.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.budget_status.pool_id IS 'The pool.';
COMMENT ON COLUMN awgp.budget_status.provider IS 'The provider who is paid from it.';
COMMENT ON COLUMN awgp.budget_status.period_starts_at IS 'When the current period began.';
COMMENT ON COLUMN awgp.budget_status.period_ends_at IS 'When it ends.';
COMMENT ON COLUMN awgp.budget_status.budget IS 'What may be spent in the period: monthly_budget of the pool, and a raise in force.';
COMMENT ON COLUMN awgp.budget_status.spent IS 'What was spent in the period.';
COMMENT ON COLUMN awgp.budget_status.held IS 'What reservations hold that have not expired.';
COMMENT ON COLUMN awgp.budget_status.left_amount IS 'What is left: budget minus spent and held; below zero if more was spent.';
COMMENT ON COLUMN awgp.budget_status.used_percent IS 'Spent and held, in per cent of the budget; NULL if the budget is 0.';
COMMENT ON COLUMN awgp.budget_status.per_day IS 'What was spent in a day, on average, since the period began.';
COMMENT ON COLUMN awgp.budget_status.forecast IS 'What will have been spent when the period ends, at this rate.';
COMMENT ON COLUMN awgp.budget_status.runs_out_on IS 'The day, in the tenant''s time zone, on which nothing will be left at this rate; today if nothing is left; NULL if the period ends first.';
COMMENT ON COLUMN awgp.budget_status.raise_amount IS 'The part of budget that a temporary raise adds; NULL if none is in force.';
COMMENT ON COLUMN awgp.budget_status.raised_until IS 'When that raise ends; NULL if none is in force.';

REVOKE ALL ON awgp.budget_status FROM PUBLIC;
GRANT SELECT ON awgp.budget_status TO awgp_app;
