-- The periods of the pools that overlap the month; the 50 with the largest limits.
SELECT tenants.slug AS tenant, pool.provider,
       to_char(period.starts_at AT TIME ZONE $3, 'YYYY-MM-DD') AS starts_on,
       to_char((period.ends_at - interval '1 microsecond') AT TIME ZONE $3, 'YYYY-MM-DD') AS ends_on,
       period.limit_amount::text AS budget, period.spent::text AS spent,
       (period.limit_amount - period.spent)::text AS not_spent,
       round(100 * period.spent / NULLIF(period.limit_amount, 0), 1)::text AS percent,
       count(*) OVER () AS periods
FROM awgp.budget_periods AS period
JOIN awgp.provider_credit_pools AS pool ON pool.tenant_id = period.tenant_id AND pool.id = period.pool_id
JOIN awgp.tenants ON tenants.id = period.tenant_id
WHERE period.scope = 'pool' AND period.tenant_id = ANY ($1)
  AND period.starts_at < ($2::timestamp + interval '1 month') AT TIME ZONE $3
  AND period.ends_at > $2::timestamp AT TIME ZONE $3
ORDER BY period.limit_amount DESC, tenants.slug, pool.provider, period.starts_at
LIMIT 50
