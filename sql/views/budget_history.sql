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

COMMENT ON VIEW awgp.budget_history IS 'The periods that the pools which the context sees have had, and how each ended or stands.';
COMMENT ON COLUMN awgp.budget_history.tenant_id IS 'The tenant whose money it is; never changes.';
COMMENT ON COLUMN awgp.budget_history.provider IS 'Who is paid: openai, anthropic, openrouter, local, azure, bedrock, vertex_ai, gemini, mistral, groq, or any that the tenant''s settings.providers or the price list names.';
COMMENT ON COLUMN awgp.budget_history.starts_at IS 'The first moment of the period.';
COMMENT ON COLUMN awgp.budget_history.ends_at IS 'The first moment after it.';
COMMENT ON COLUMN awgp.budget_history.limit_amount IS 'What might be spent when money last moved; the limit in force is the pool''s, tenant''s or assistant''s own column.';
COMMENT ON COLUMN awgp.budget_history.opening IS 'What of spent was spent before the pool was kept here.';
COMMENT ON COLUMN awgp.budget_history.spent IS 'What was spent in the period: opening and the entries of the ledger.';
COMMENT ON COLUMN awgp.budget_history.held IS 'What reservations hold that are neither settled, released nor swept; expired ones among them do not count against the limit.';
COMMENT ON COLUMN awgp.budget_history.used_percent IS 'What is spent and held, in per cent of the limit; empty for a limit of nothing.';
COMMENT ON COLUMN awgp.budget_history.pool_id IS 'The pool, where scope is pool.';

REVOKE ALL ON awgp.budget_history FROM PUBLIC;
GRANT SELECT ON awgp.budget_history TO awgp_app;
