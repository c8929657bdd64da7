-- What each assistant spent, day by day: the limits keep a row for each day with a cost.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.assistant_spending WITH (security_invoker = true) AS
SELECT b.tenant_id, t.slug AS tenant_slug, b.assistant_id, awgp.accounting_day(b.starts_at, b.time_zone) AS day, b.spent,
       b.limit_amount
FROM awgp.budget_periods AS b
JOIN awgp.tenants AS t ON t.id = b.tenant_id
WHERE b.scope = 'assistant' AND b.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.assistant_spending IS 'What each assistant spent on each day. A day without a cost has no row.';
COMMENT ON COLUMN awgp.assistant_spending.tenant_id IS 'The tenant of the assistant.';
COMMENT ON COLUMN awgp.assistant_spending.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.assistant_spending.assistant_id IS 'The assistant.';
COMMENT ON COLUMN awgp.assistant_spending.day IS 'The day, in the tenant''s time zone.';
COMMENT ON COLUMN awgp.assistant_spending.spent IS 'What was spent in it.';
COMMENT ON COLUMN awgp.assistant_spending.limit_amount IS 'The limit of the day when an amount last changed.';

REVOKE ALL ON awgp.assistant_spending FROM PUBLIC;
GRANT SELECT ON awgp.assistant_spending TO awgp_app;
