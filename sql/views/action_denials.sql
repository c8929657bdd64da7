-- How often an action was denied, and why: what the trail has of each work item.
CREATE OR REPLACE VIEW awgp.action_denials WITH (security_invoker = true) AS
SELECT event.tenant_id, event.entity_id AS work_item_id, told.action, COALESCE(told.reason, 'unknown') AS reason,
       count(*) AS denials, max(event."timestamp") AS last_at
FROM awgp.audit_logs AS event
CROSS JOIN LATERAL (
    SELECT event.after_state ->> 'action' AS action, event.after_state ->> 'reason' AS reason) AS told
WHERE event.entity_type = 'work_items' AND event.action = 'action.denied' AND event.metadata ->> 'origin' IS NULL
  AND event.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])
GROUP BY event.tenant_id, event.entity_id, told.action, told.reason;

COMMENT ON VIEW awgp.action_denials IS 'The actions that begin_action() denied, as the trail of the visible tenants has them: one row for each work item, action and reason. Ask for one work item: a sum over all reads the whole trail.';
COMMENT ON COLUMN awgp.action_denials.tenant_id IS 'The tenant whose work it is.';
COMMENT ON COLUMN awgp.action_denials.work_item_id IS 'The work item.';
COMMENT ON COLUMN awgp.action_denials.action IS 'The name of the action.';
COMMENT ON COLUMN awgp.action_denials.reason IS 'Why it was denied: a reason of docs/errors.md.';
COMMENT ON COLUMN awgp.action_denials.denials IS 'How often.';
COMMENT ON COLUMN awgp.action_denials.last_at IS 'When it was last denied.';

REVOKE ALL ON awgp.action_denials FROM PUBLIC;
GRANT SELECT ON awgp.action_denials TO awgp_app;
