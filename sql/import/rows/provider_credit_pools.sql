-- Pools, as they would stand in AWGP. Their periods follow from the entries (sql/import/ledger/).
SELECT p.id, p.tenant_id, p.provider, p.monthly_budget, p.current_balance, p.alert_threshold_50, p.alert_threshold_75,
       p.alert_threshold_90, p.reset_day_of_month, p.created_at, p.updated_at
FROM seed.rows AS p
