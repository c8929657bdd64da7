-- Pools of providers that nothing names; and pools whose entries since the period began are more than their
-- balance says was spent.
SELECT p.id::text AS row_id, 'provider' AS column_name, 'unknown_provider' AS reason, p.provider AS detail, 'error' AS severity
FROM seed.provider_credit_pools AS p LEFT JOIN seed.tenants AS t ON t.id = p.tenant_id
WHERE NOT awgp.import_knows_provider(p.provider, t.settings -> 'providers')
UNION ALL
SELECT p.id::text, 'current_balance', 'balance_differs',
       format('the balance says %s was spent, and the entries %s', p.monthly_budget - p.current_balance, sum(c.cost_amount)),
       'warning'
FROM seed.provider_credit_pools AS p
JOIN seed.tenants AS t ON t.id = p.tenant_id
CROSS JOIN LATERAL awgp.import_period('month', p.reset_day_of_month, t.settings ->> 'time_zone', now()) AS period
JOIN seed.cost_transactions AS c ON c.tenant_id = p.tenant_id AND c.provider = p.provider AND c.created_at >= period[1]
WHERE p.reset_day_of_month BETWEEN 1 AND 31
GROUP BY p.id, p.monthly_budget, p.current_balance
HAVING sum(c.cost_amount) > p.monthly_budget - p.current_balance
