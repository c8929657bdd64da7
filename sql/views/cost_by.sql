-- What was spent: as fine as it is asked for, so that any sum of it is one GROUP BY away.

CREATE OR REPLACE VIEW awgp.cost_by WITH (security_invoker = true) AS
SELECT c.tenant_id, t.slug AS tenant_slug,
       awgp.accounting_day(c.accounted_at, COALESCE(t.settings ->> 'time_zone', 'UTC')) AS day,
       c.assistant_id, a.slug AS assistant_slug, c.provider, c.model,
       c.work_item_id, w.title AS work_item_title,
       count(*) FILTER (WHERE c.reverses_id IS NULL) - count(c.reverses_id) AS entries,
       COALESCE(sum(c.input_tokens) FILTER (WHERE c.reverses_id IS NULL AND back.id IS NULL), 0) AS input_tokens,
       COALESCE(sum(c.output_tokens) FILTER (WHERE c.reverses_id IS NULL AND back.id IS NULL), 0) AS output_tokens,
       round(sum(c.cost_amount + c.cost_remainder), 6) AS cost_amount
FROM awgp.cost_transactions AS c
JOIN awgp.tenants AS t ON t.id = c.tenant_id
JOIN awgp.assistants AS a ON a.tenant_id = c.tenant_id AND a.id = c.assistant_id
-- An entry that takes another back takes back its cost, and has no tokens of its own.
LEFT JOIN awgp.cost_transactions AS back ON back.tenant_id = c.tenant_id AND back.reverses_id = c.id
LEFT JOIN awgp.work_items AS w ON w.tenant_id = c.tenant_id AND w.id = c.work_item_id
GROUP BY c.tenant_id, t.slug, day, c.assistant_id, a.slug, c.provider, c.model, c.work_item_id, w.title;

COMMENT ON VIEW awgp.cost_by IS 'What was spent: one row for each tenant, day, assistant, provider, model and work item. An entry that was reversed and the entry that reverses it cancel each other out. Sum it by the columns you need.';
COMMENT ON COLUMN awgp.cost_by.tenant_id IS 'The tenant who paid.';
COMMENT ON COLUMN awgp.cost_by.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.cost_by.day IS 'The day in which it is counted, in the tenant''s time zone.';
COMMENT ON COLUMN awgp.cost_by.assistant_id IS 'The assistant that spent it.';
COMMENT ON COLUMN awgp.cost_by.assistant_slug IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.cost_by.provider IS 'The provider who was paid.';
COMMENT ON COLUMN awgp.cost_by.model IS 'The model that was called.';
COMMENT ON COLUMN awgp.cost_by.work_item_id IS 'The work item it was spent on; NULL: none.';
COMMENT ON COLUMN awgp.cost_by.work_item_title IS 'The title of the work item.';
COMMENT ON COLUMN awgp.cost_by.entries IS 'How many entries of the ledger, without those that were reversed and those that reverse them.';
COMMENT ON COLUMN awgp.cost_by.input_tokens IS 'Tokens sent, as cost_transactions.input_tokens, without those of reversed entries.';
COMMENT ON COLUMN awgp.cost_by.output_tokens IS 'Tokens received, without those of reversed entries.';
COMMENT ON COLUMN awgp.cost_by.cost_amount IS 'The exact sum of the costs, what is below a millionth included, rounded to six decimals.';

REVOKE ALL ON awgp.cost_by FROM PUBLIC;
GRANT SELECT ON awgp.cost_by TO awgp_app;
