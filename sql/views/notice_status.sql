-- How many notices wait, were delivered or given up, by tenant and target.

CREATE OR REPLACE VIEW awgp.notice_status WITH (security_invoker = true) AS
SELECT n.tenant_id,
       n.target,
       n.status,
       pg_catalog.count(*) AS notices,
       pg_catalog.min(n.created_at) AS oldest_at,
       pg_catalog.max(n.attempts) AS attempts,
       pg_catalog.count(*) FILTER (WHERE n.status = 'waiting' AND n.due_at <= pg_catalog.now()) AS overdue
FROM awgp.outbox AS n
GROUP BY n.tenant_id, n.target, n.status;

COMMENT ON VIEW awgp.notice_status IS 'How many notices wait, were delivered or given up, by tenant and target.';
COMMENT ON COLUMN awgp.notice_status.tenant_id IS 'The tenant; NULL for notices of the installation.';
COMMENT ON COLUMN awgp.notice_status.target IS 'Where they go.';
COMMENT ON COLUMN awgp.notice_status.status IS 'waiting, delivered or dead.';
COMMENT ON COLUMN awgp.notice_status.notices IS 'How many there are.';
COMMENT ON COLUMN awgp.notice_status.oldest_at IS 'When the oldest of them was written.';
COMMENT ON COLUMN awgp.notice_status.attempts IS 'The most attempts that one of them has had.';
COMMENT ON COLUMN awgp.notice_status.overdue IS 'How many of them could be sent now.';

REVOKE ALL ON awgp.notice_status FROM PUBLIC;
GRANT SELECT ON awgp.notice_status TO awgp_app, awgp_maintainer, awgp_admin;
