-- Alerts of budgets, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.budget_alert_list WITH (security_invoker = true) AS
SELECT b.id, b.tenant_id, b.period_id, b.kind, b.threshold, b.transaction_id, b.spent, b.limit_amount, b.created_at,
       p.scope,
       COALESCE(c.provider, a.slug, p.scope) AS budget,
       p.starts_at AS period_starts_at,
       p.ends_at AS period_ends_at,
       t.slug AS tenant_slug
FROM awgp.budget_alerts AS b
LEFT JOIN awgp.budget_periods AS p ON p.tenant_id = b.tenant_id AND p.id = b.period_id
LEFT JOIN awgp.provider_credit_pools AS c ON c.tenant_id = p.tenant_id AND c.id = p.pool_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = p.tenant_id AND a.id = p.assistant_id
LEFT JOIN awgp.tenants AS t ON t.id = b.tenant_id
WHERE b.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.budget_alert_list IS 'The alerts of budgets visible to the caller, each with the budget and the period that it is about.';
COMMENT ON COLUMN awgp.budget_alert_list.id IS 'Id of the alert; the payload of the notification.';
COMMENT ON COLUMN awgp.budget_alert_list.tenant_id IS 'The tenant whose limit it is.';
COMMENT ON COLUMN awgp.budget_alert_list.period_id IS 'The period of the limit.';
COMMENT ON COLUMN awgp.budget_alert_list.kind IS 'threshold: this share of the limit was reached, once in a period; overrun: an entry went over the limit, or over what was reserved.';
COMMENT ON COLUMN awgp.budget_alert_list.threshold IS '50, 75 or 90 per cent; NULL for an overrun.';
COMMENT ON COLUMN awgp.budget_alert_list.transaction_id IS 'The entry, of the same tenant, that caused it; NULL if a changed budget or, for a holding, an entry of a subsidiary did.';
COMMENT ON COLUMN awgp.budget_alert_list.spent IS 'What was spent in the period at that time.';
COMMENT ON COLUMN awgp.budget_alert_list.limit_amount IS 'The limit of the period at that time.';
COMMENT ON COLUMN awgp.budget_alert_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.budget_alert_list.scope IS 'What the budget is of: holding, tenant, pool or assistant.';
COMMENT ON COLUMN awgp.budget_alert_list.budget IS 'The provider of the pool or the slug of the assistant; for others the scope.';
COMMENT ON COLUMN awgp.budget_alert_list.period_starts_at IS 'First moment of the period.';
COMMENT ON COLUMN awgp.budget_alert_list.period_ends_at IS 'First moment after the period.';
COMMENT ON COLUMN awgp.budget_alert_list.tenant_slug IS 'The slug of its tenant.';

REVOKE ALL ON awgp.budget_alert_list FROM PUBLIC;
GRANT SELECT ON awgp.budget_alert_list TO awgp_app;
