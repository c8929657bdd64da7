-- What runs where something is stopped: it began before, and has not ended.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.stop_running WITH (security_invoker = true) AS
SELECT s.stop_id, s.scope, r.kind, r.id, r.tenant_id, r.assistant_id, r.work_item_id, r.what, r.begun_at, r.expires_at
FROM (
    SELECT 'action' AS kind, a.id, a.tenant_id, a.assistant_id, a.work_item_id, a.action AS what, a.begun_at, a.expires_at
    FROM awgp.governed_actions AS a WHERE a.status IN ('begun', 'unknown')
    UNION ALL
    SELECT 'reservation' AS kind, c.id, c.tenant_id, c.assistant_id, c.work_item_id, c.provider, c.reserved_at, c.expires_at
    FROM awgp.credit_reservations AS c WHERE c.state = 'held' AND c.expires_at > clock_timestamp()
    UNION ALL
    SELECT 'work_item' AS kind, w.id, w.tenant_id, w.assistant_id, w.id AS work_item_id, w.title, w.started_at,
           NULL::timestamptz AS expires_at
    FROM awgp.work_items AS w WHERE w.status = 'in_progress'
) AS r
CROSS JOIN LATERAL awgp.stops_in_force(r.assistant_id) AS s
WHERE r.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.stop_running IS 'What runs where a stop is in force, as far as visible to the caller: actions that have begun or whose outcome is unknown, held reservations and work items in progress, once for each stop that covers their assistant. A stop that is lifted has no rows.';
COMMENT ON COLUMN awgp.stop_running.stop_id IS 'Id of the stop.';
COMMENT ON COLUMN awgp.stop_running.scope IS 'What is stopped: assistant, tenant, holding or installation.';
COMMENT ON COLUMN awgp.stop_running.kind IS 'What runs: action, reservation or work_item.';
COMMENT ON COLUMN awgp.stop_running.id IS 'Its id.';
COMMENT ON COLUMN awgp.stop_running.tenant_id IS 'Its tenant.';
COMMENT ON COLUMN awgp.stop_running.assistant_id IS 'Its assistant.';
COMMENT ON COLUMN awgp.stop_running.work_item_id IS 'Its work item; NULL: a reservation without one.';
COMMENT ON COLUMN awgp.stop_running.what IS 'The name of the action, the provider of the reservation or the title of the work item.';
COMMENT ON COLUMN awgp.stop_running.begun_at IS 'When it began; of a work item, started_at.';
COMMENT ON COLUMN awgp.stop_running.expires_at IS 'When its time is over; NULL for a work item.';

REVOKE ALL ON awgp.stop_running FROM PUBLIC;
GRANT SELECT ON awgp.stop_running TO awgp_app;
