-- The periods of the budgets, past and present.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.budget_history WITH (security_invoker = true) AS
SELECT p.tenant_id, p.provider,
       b.starts_at,
       b.ends_at,
       b.limit_amount,
       b.opening,
       b.spent,
       b.held,
       round(100 * (b.spent + b.held) / NULLIF(b.limit_amount, 0), 1) AS used_percent,
       b.pool_id
FROM awgp.budget_periods AS b
JOIN awgp.provider_credit_pools AS p ON p.tenant_id = b.tenant_id AND p.id = b.pool_id
WHERE b.scope = 'pool' AND p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.budget_history IS 'Past and current periods of the credit pools visible to the caller, with limit, spent and held.';
COMMENT ON COLUMN awgp.budget_history.tenant_id IS 'The tenant whose pool it is.';
COMMENT ON COLUMN awgp.budget_history.provider IS 'The provider of the pool.';
COMMENT ON COLUMN awgp.budget_history.starts_at IS 'The first moment of the period.';
COMMENT ON COLUMN awgp.budget_history.ends_at IS 'The first moment after it.';
COMMENT ON COLUMN awgp.budget_history.limit_amount IS 'The budget of the pool when an amount last changed. The budget in force is provider_credit_pools.monthly_budget.';
COMMENT ON COLUMN awgp.budget_history.opening IS 'The part of spent from before the ledger had entries of the pool: the budget minus the balance with which the pool was created.';
COMMENT ON COLUMN awgp.budget_history.spent IS 'What was spent in the period: opening and the entries of the ledger.';
COMMENT ON COLUMN awgp.budget_history.held IS 'What reservations in the state held hold. It includes expired ones that are not marked yet; these do not count towards the limit.';
COMMENT ON COLUMN awgp.budget_history.used_percent IS 'Spent and held, in per cent of limit_amount, with all that held includes; NULL if the limit is 0.';
COMMENT ON COLUMN awgp.budget_history.pool_id IS 'The pool.';

REVOKE ALL ON awgp.budget_history FROM PUBLIC;
GRANT SELECT ON awgp.budget_history TO awgp_app;
