-- Assistants with what matters of each now: money, open work, flags.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.assistant_overview WITH (security_invoker = true) AS
SELECT a.id, a.tenant_id, t.slug AS tenant_slug, a.name, a.slug, a.description, a.type, a.status, a.status_reason,
       a.status_changed_at, a.risk_tier, a.capabilities, a.model_config, a.configuration, a.created_at,
       creator.email AS created_by_email,
       a.max_cost_per_day, day.spent AS day_spent, day.held AS day_held, month.spent AS month_spent,
       work.in_progress, work.awaiting_approval, work.backlog,
       flags.flags, flags.pending, flags.reviewed, flags.confirmed, flags.false_positives,
       round(100.0 * flags.confirmed / NULLIF(flags.confirmed + flags.false_positives, 0), 1) AS confirmed_percent,
       (SELECT s.scope FROM awgp.stops_in_force(a.id) AS s LIMIT 1) AS stopped
FROM awgp.assistants AS a
JOIN awgp.tenants AS t ON t.id = a.tenant_id
JOIN awgp.assistant_work AS work ON work.tenant_id = a.tenant_id AND work.assistant_id = a.id
LEFT JOIN awgp.users AS creator ON creator.tenant_id = a.tenant_id AND creator.id = a.created_by
CROSS JOIN LATERAL (SELECT COALESCE(t.settings ->> 'time_zone', 'UTC') AS name) AS zone
-- A day, and a month, without a cost has no row.
LEFT JOIN LATERAL (
    SELECT b.starts_at, b.spent FROM awgp.budget_periods AS b
    WHERE b.tenant_id = a.tenant_id AND b.assistant_id = a.id AND b.scope = 'assistant'
      AND b.ends_at > statement_timestamp() AND b.starts_at <= statement_timestamp()
    ORDER BY b.ends_at LIMIT 1) AS today ON true
CROSS JOIN LATERAL (
    SELECT COALESCE(today.spent, 0.000000) AS spent, COALESCE(sum(r.amount), 0.000000) AS held
    FROM awgp.credit_reservations AS r
    WHERE r.tenant_id = a.tenant_id AND r.assistant_id = a.id AND r.state = 'held'
      AND r.expires_at > statement_timestamp() AND r.reserved_at >= today.starts_at) AS day
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(b.spent), 0.000000) AS spent FROM awgp.budget_periods AS b
    WHERE b.tenant_id = a.tenant_id AND b.assistant_id = a.id AND b.scope = 'assistant'
      AND b.ends_at > date_trunc('month', statement_timestamp(), zone.name)
      AND b.starts_at >= date_trunc('month', statement_timestamp(), zone.name)) AS month
CROSS JOIN LATERAL (
    SELECT count(*) AS flags,
           count(*) FILTER (WHERE f.status = 'pending') AS pending,
           count(*) FILTER (WHERE f.status = 'reviewed') AS reviewed,
           count(*) FILTER (WHERE f.status = 'confirmed') AS confirmed,
           count(*) FILTER (WHERE f.status = 'false_positive') AS false_positives
    FROM awgp.hallucination_flags AS f
    WHERE f.tenant_id = a.tenant_id AND f.assistant_id = a.id) AS flags
WHERE a.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.assistant_overview IS 'The assistants visible to the caller, each with what it costs, its open work and its flags.';
COMMENT ON COLUMN awgp.assistant_overview.id IS 'Id of the assistant.';
COMMENT ON COLUMN awgp.assistant_overview.tenant_id IS 'The tenant the assistant works for; never changes.';
COMMENT ON COLUMN awgp.assistant_overview.tenant_slug IS 'The slug of its tenant.';
COMMENT ON COLUMN awgp.assistant_overview.name IS 'Display name.';
COMMENT ON COLUMN awgp.assistant_overview.slug IS 'URL-friendly identifier, unique in the tenant.';
COMMENT ON COLUMN awgp.assistant_overview.description IS 'What the assistant is for.';
COMMENT ON COLUMN awgp.assistant_overview.type IS 'Type of assistant: executive_cos, shared_finance, shared_hr, shared_it, shared_legal, company_operations, company_finance, company_marketing, company_customer, company_product, company_compliance or custom.';
COMMENT ON COLUMN awgp.assistant_overview.status IS 'active, inactive, suspended or error. Only an active assistant begins work. AWGP itself sets suspended, over confirmed flags; it never sets error, which is for your runtime. docs/state_machines.md shows the changes.';
COMMENT ON COLUMN awgp.assistant_overview.status_reason IS 'Why it has this status; set only together with the status.';
COMMENT ON COLUMN awgp.assistant_overview.status_changed_at IS 'Since when it has this status. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_overview.risk_tier IS 'Highest risk level, 0 to 5, that the assistant handles without an approval.';
COMMENT ON COLUMN awgp.assistant_overview.capabilities IS 'Names of the actions that the assistant may take. NULL or an empty array: no named action.';
COMMENT ON COLUMN awgp.assistant_overview.model_config IS 'Provider, model and its parameters, a JSON object. AWGP reads the key model, for conversations and flags that name no model, and pins approvals to all of it.';
COMMENT ON COLUMN awgp.assistant_overview.configuration IS 'Settings of the assistant, a JSON object. AWGP reads no key of it, and pins approvals to all of it.';
COMMENT ON COLUMN awgp.assistant_overview.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.assistant_overview.created_by_email IS 'E-mail address of the user of the same tenant who created it; NULL if the system or a user of the holding did.';
COMMENT ON COLUMN awgp.assistant_overview.max_cost_per_day IS 'What the assistant may spend in a day.';
COMMENT ON COLUMN awgp.assistant_overview.day_spent IS 'What it has spent today, in the tenant''s time zone.';
COMMENT ON COLUMN awgp.assistant_overview.day_held IS 'What its reservations of today hold that have not expired.';
COMMENT ON COLUMN awgp.assistant_overview.month_spent IS 'What it has spent this month, in the tenant''s time zone.';
COMMENT ON COLUMN awgp.assistant_overview.in_progress IS 'Work items in progress.';
COMMENT ON COLUMN awgp.assistant_overview.awaiting_approval IS 'Work items that wait for an approval.';
COMMENT ON COLUMN awgp.assistant_overview.backlog IS 'Work items that have not begun.';
COMMENT ON COLUMN awgp.assistant_overview.flags IS 'Flags with any status.';
COMMENT ON COLUMN awgp.assistant_overview.pending IS 'Flags that are not reviewed.';
COMMENT ON COLUMN awgp.assistant_overview.reviewed IS 'Flags that somebody looked at and could not decide.';
COMMENT ON COLUMN awgp.assistant_overview.confirmed IS 'Flags that were found to be hallucinations.';
COMMENT ON COLUMN awgp.assistant_overview.false_positives IS 'Flags that were found to be false.';
COMMENT ON COLUMN awgp.assistant_overview.confirmed_percent IS 'Confirmed flags in per cent of confirmed and false ones; NULL without either.';
COMMENT ON COLUMN awgp.assistant_overview.stopped IS 'What the widest stop in force that covers it has stopped: assistant, tenant, holding or installation; NULL: no stop covers it.';

REVOKE ALL ON awgp.assistant_overview FROM PUBLIC;
GRANT SELECT ON awgp.assistant_overview TO awgp_app;
