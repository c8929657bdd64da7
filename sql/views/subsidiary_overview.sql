-- A holding's subsidiaries, each with what asks for attention.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.subsidiary_overview WITH (security_invoker = true) AS
SELECT t.id, t.slug, t.name, t.is_active,
       open.approvals, open.high AS approvals_high, open.medium AS approvals_medium, open.low AS approvals_low,
       money.month_limit, money.month_spent, money.month_held, money.month_left, money.pools, money.left_amount AS pools_left,
       staff.assistants, staff.active AS assistants_active, staff.suspended AS assistants_suspended,
       flags.pending AS flags_pending, flags.confirmed AS flags_confirmed, last.at AS last_activity_at
FROM awgp.tenants AS t
JOIN awgp.tenant_budgets AS money ON money.tenant_id = t.id
CROSS JOIN LATERAL (
    SELECT count(*) AS approvals, count(*) FILTER (WHERE p.risk_level >= 4) AS high,
           count(*) FILTER (WHERE p.risk_level IN (2, 3)) AS medium, count(*) FILTER (WHERE p.risk_level <= 1) AS low
    FROM awgp.approvals AS p
    WHERE p.tenant_id = t.id AND p.status IN ('pending', 'escalated') AND p.expires_at > statement_timestamp()) AS open
CROSS JOIN LATERAL (
    SELECT count(*) AS assistants, count(*) FILTER (WHERE a.status = 'active') AS active,
           count(*) FILTER (WHERE a.status = 'suspended') AS suspended
    FROM awgp.assistants AS a WHERE a.tenant_id = t.id) AS staff
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE f.status = 'pending') AS pending,
           count(*) FILTER (WHERE f.status = 'confirmed') AS confirmed
    FROM awgp.hallucination_flags AS f WHERE f.tenant_id = t.id) AS flags
LEFT JOIN LATERAL (
    SELECT event."timestamp" AS at FROM awgp.audit_logs AS event
    WHERE event.tenant_id = t.id ORDER BY event."timestamp" DESC LIMIT 1) AS last ON true
WHERE t.parent_tenant_id = awgp.current_tenant() AND t.id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.subsidiary_overview IS 'The active subsidiaries of the tenant in context, each with what waits there, what it spends and how its assistants do. No rows for a tenant that is no holding.';
COMMENT ON COLUMN awgp.subsidiary_overview.id IS 'The subsidiary.';
COMMENT ON COLUMN awgp.subsidiary_overview.slug IS 'Its slug.';
COMMENT ON COLUMN awgp.subsidiary_overview.name IS 'Its name.';
COMMENT ON COLUMN awgp.subsidiary_overview.is_active IS 'Whether it is active. A holding does not see an inactive one.';
COMMENT ON COLUMN awgp.subsidiary_overview.approvals IS 'How many approvals are open.';
COMMENT ON COLUMN awgp.subsidiary_overview.approvals_high IS 'Those of risk 4 and 5.';
COMMENT ON COLUMN awgp.subsidiary_overview.approvals_medium IS 'Those of risk 2 and 3.';
COMMENT ON COLUMN awgp.subsidiary_overview.approvals_low IS 'Those of risk 0 and 1.';
COMMENT ON COLUMN awgp.subsidiary_overview.month_limit IS 'What it may spend this month.';
COMMENT ON COLUMN awgp.subsidiary_overview.month_spent IS 'What it has spent this month.';
COMMENT ON COLUMN awgp.subsidiary_overview.month_held IS 'What its reservations of this month hold that have not expired.';
COMMENT ON COLUMN awgp.subsidiary_overview.month_left IS 'What is left of its month.';
COMMENT ON COLUMN awgp.subsidiary_overview.pools IS 'How many pools it has.';
COMMENT ON COLUMN awgp.subsidiary_overview.pools_left IS 'What is left in its pools, added up.';
COMMENT ON COLUMN awgp.subsidiary_overview.assistants IS 'How many assistants it has.';
COMMENT ON COLUMN awgp.subsidiary_overview.assistants_active IS 'Those that are active.';
COMMENT ON COLUMN awgp.subsidiary_overview.assistants_suspended IS 'Those that are suspended.';
COMMENT ON COLUMN awgp.subsidiary_overview.flags_pending IS 'Hallucination flags that are not reviewed.';
COMMENT ON COLUMN awgp.subsidiary_overview.flags_confirmed IS 'Hallucination flags that were confirmed.';
COMMENT ON COLUMN awgp.subsidiary_overview.last_activity_at IS 'When its trail has its last event; NULL: it has none.';

REVOKE ALL ON awgp.subsidiary_overview FROM PUBLIC;
GRANT SELECT ON awgp.subsidiary_overview TO awgp_app;
