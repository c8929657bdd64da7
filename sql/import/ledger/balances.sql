-- The balance of each imported pool whose entries say that more was spent than its balance did.
UPDATE awgp.provider_credit_pools AS p
SET current_balance = p.monthly_budget - period.spent,
    alert_threshold_50 = period.spent * 100 >= p.monthly_budget * 50,
    alert_threshold_75 = period.spent * 100 >= p.monthly_budget * 75,
    alert_threshold_90 = period.spent * 100 >= p.monthly_budget * 90
FROM awgp.budget_periods AS period
WHERE period.scope = 'pool' AND period.pool_id = p.id AND period.ends_at = p.period_ends_at
  AND p.current_balance <> p.monthly_budget - period.spent
  AND p.id IN (SELECT s.id FROM seed.provider_credit_pools AS s)
