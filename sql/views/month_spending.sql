-- Who has spent this month, and on what. The ledger is read from the month's beginning on, whatever lies
-- before it.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.month_spending WITH (security_invoker = true) AS
SELECT t.id AS tenant_id, t.slug AS tenant_slug, summed.assistant_id, a.slug AS assistant_slug, summed.provider,
       summed.model, summed.entries, summed.cost_amount
FROM awgp.tenants AS t
-- OFFSET 0: once a tenant, not once an entry.
CROSS JOIN LATERAL (
    SELECT date_trunc('month', statement_timestamp(), COALESCE(t.settings ->> 'time_zone', 'UTC')) AS starts_at
    OFFSET 0) AS month
CROSS JOIN LATERAL (
    SELECT c.assistant_id, c.provider, c.model,
           count(*) FILTER (WHERE c.reverses_id IS NULL) - count(c.reverses_id) AS entries,
           round(sum(c.cost_amount + c.cost_remainder), 6) AS cost_amount
    FROM awgp.cost_transactions AS c
    -- An entry is never accounted later than it is made; a day is more than its transaction lasts.
    WHERE c.tenant_id = t.id AND c.accounted_at >= month.starts_at
      AND c.created_at >= month.starts_at - interval '1 day'
    GROUP BY c.assistant_id, c.provider, c.model) AS summed
JOIN awgp.assistants AS a ON a.tenant_id = t.id AND a.id = summed.assistant_id
WHERE t.id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.month_spending IS 'What was spent since the beginning of the month, in each tenant''s time zone: a row for each tenant, assistant, provider and model. An entry that was reversed and the entry that reverses it cancel each other out.';
COMMENT ON COLUMN awgp.month_spending.tenant_id IS 'The tenant who paid.';
COMMENT ON COLUMN awgp.month_spending.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.month_spending.assistant_id IS 'The assistant that spent it.';
COMMENT ON COLUMN awgp.month_spending.assistant_slug IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.month_spending.provider IS 'The provider who was paid.';
COMMENT ON COLUMN awgp.month_spending.model IS 'The model that was called.';
COMMENT ON COLUMN awgp.month_spending.entries IS 'How many entries of the ledger, without those that were reversed and those that reverse them.';
COMMENT ON COLUMN awgp.month_spending.cost_amount IS 'The exact sum of the costs, what is below a millionth included, rounded to six decimals.';

REVOKE ALL ON awgp.month_spending FROM PUBLIC;
GRANT SELECT ON awgp.month_spending TO awgp_app;
