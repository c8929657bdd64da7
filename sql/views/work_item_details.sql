-- One work item with its money and its names, for the page of one.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.work_item_details WITH (security_invoker = true) AS
SELECT w.id, w.tenant_id, w.assistant_id, w.title, w.description, w.status, w.priority, w.risk_level, w.estimated_cost,
       w.actual_cost, w.context, w.result, w.started_at, w.completed_at, w.due_at, w.closed_reason, w.asked_risk_level,
       w.pinned_digest, w.created_by, w.created_at, w.updated_at, w.pinned_digest_version,
       a.slug AS assistant_slug,
       a.name AS assistant_name,
       a.risk_tier AS assistant_risk_tier,
       u.email AS created_by_email,
       t.slug AS tenant_slug,
       (SELECT COALESCE(sum(r.amount), 0.000000) FROM awgp.credit_reservations AS r
        WHERE r.tenant_id = w.tenant_id AND r.work_item_id = w.id AND r.state = 'held') AS reserved,
       (SELECT COALESCE(round(sum(c.cost_amount + c.cost_remainder), 6), 0.000000) FROM awgp.cost_transactions AS c
        WHERE c.tenant_id = w.tenant_id AND c.work_item_id = w.id) AS spent
FROM awgp.work_items AS w
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.users AS u ON u.tenant_id = w.tenant_id AND u.id = w.created_by
LEFT JOIN awgp.tenants AS t ON t.id = w.tenant_id
WHERE w.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.work_item_details IS 'The work items visible to the caller, each with its money in the ledger, its creator and its assistant. For one work item; a list of many is work_item_list.';
COMMENT ON COLUMN awgp.work_item_details.id IS 'Id of the work item.';
COMMENT ON COLUMN awgp.work_item_details.tenant_id IS 'The tenant whose work it is; never changes.';
COMMENT ON COLUMN awgp.work_item_details.assistant_id IS 'The assistant, of the same tenant, that does it.';
COMMENT ON COLUMN awgp.work_item_details.title IS 'What is to be done, in a line.';
COMMENT ON COLUMN awgp.work_item_details.description IS 'What is to be done, in full.';
COMMENT ON COLUMN awgp.work_item_details.status IS 'backlog, in_progress, awaiting_approval, completed, failed or cancelled; changes as docs/state_machines.md shows.';
COMMENT ON COLUMN awgp.work_item_details.priority IS '1 (highest) to 5.';
COMMENT ON COLUMN awgp.work_item_details.risk_level IS '0 to 5. NULL: not yet assessed, which counts as the highest.';
COMMENT ON COLUMN awgp.work_item_details.estimated_cost IS 'What it is expected to cost.';
COMMENT ON COLUMN awgp.work_item_details.actual_cost IS 'What it cost, as the caller says. AWGP neither computes it nor compares it with the ledger.';
COMMENT ON COLUMN awgp.work_item_details.context IS 'Data for the task. A JSON object is meant. Its key action names the action: the assistant must have it among its capabilities, and approvers see it. Anything but an object names no action.';
COMMENT ON COLUMN awgp.work_item_details.result IS 'Output data, as JSON.';
COMMENT ON COLUMN awgp.work_item_details.started_at IS 'When work first began. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_details.completed_at IS 'When it was completed, failed or cancelled. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_details.due_at IS 'When it should be done.';
COMMENT ON COLUMN awgp.work_item_details.closed_reason IS 'Why it failed or was cancelled; set only together with that status.';
COMMENT ON COLUMN awgp.work_item_details.asked_risk_level IS 'The highest risk level for which an approval was requested; risk_level cannot be set below it. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_details.pinned_digest IS 'The digest of what was approved, while the item runs under an approval. In that time title, description, risk, estimated cost, context and assistant cannot change. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_details.created_by IS 'The user of the same tenant who created it; NULL if the system did.';
COMMENT ON COLUMN awgp.work_item_details.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.work_item_details.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_details.pinned_digest_version IS 'The version of pinned_digest; NULL: version 1. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_details.assistant_slug IS 'The slug of the assistant that does it.';
COMMENT ON COLUMN awgp.work_item_details.assistant_name IS 'The name of the assistant.';
COMMENT ON COLUMN awgp.work_item_details.assistant_risk_tier IS 'The highest risk at which the assistant works without an approval.';
COMMENT ON COLUMN awgp.work_item_details.created_by_email IS 'E-mail address of the user who created it; NULL if the system did.';
COMMENT ON COLUMN awgp.work_item_details.tenant_slug IS 'The slug of its tenant.';
COMMENT ON COLUMN awgp.work_item_details.reserved IS 'What is set aside for it now: its reservations that are held.';
COMMENT ON COLUMN awgp.work_item_details.spent IS 'What it has cost so far, as the ledger has it. An entry that was reversed counts for nothing.';

REVOKE ALL ON awgp.work_item_details FROM PUBLIC;
GRANT SELECT ON awgp.work_item_details TO awgp_app;
