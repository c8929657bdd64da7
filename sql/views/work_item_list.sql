-- Work items, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.work_item_list WITH (security_invoker = true) AS
SELECT w.id, w.tenant_id, w.assistant_id, w.title, w.description, w.status, w.priority, w.risk_level, w.estimated_cost,
       w.actual_cost, w.context, w.result, w.started_at, w.completed_at, w.due_at, w.closed_reason, w.asked_risk_level,
       w.pinned_digest, w.created_by, w.created_at, w.updated_at, w.pinned_digest_version,
       a.slug AS assistant_slug,
       t.slug AS tenant_slug,
       (SELECT u.email FROM awgp.users AS u WHERE u.tenant_id = w.tenant_id AND u.id = w.created_by) AS created_by_email
FROM awgp.work_items AS w
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.tenants AS t ON t.id = w.tenant_id
WHERE w.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.work_item_list IS 'The work items visible to the caller, each with the slugs of its assistant and its tenant.';
COMMENT ON COLUMN awgp.work_item_list.id IS 'Id of the work item.';
COMMENT ON COLUMN awgp.work_item_list.tenant_id IS 'The tenant whose work it is; never changes.';
COMMENT ON COLUMN awgp.work_item_list.assistant_id IS 'The assistant, of the same tenant, that does it.';
COMMENT ON COLUMN awgp.work_item_list.title IS 'What is to be done, in a line.';
COMMENT ON COLUMN awgp.work_item_list.description IS 'What is to be done, in full.';
COMMENT ON COLUMN awgp.work_item_list.status IS 'backlog, in_progress, awaiting_approval, completed, failed or cancelled; changes as docs/state_machines.md shows.';
COMMENT ON COLUMN awgp.work_item_list.priority IS '1 (highest) to 5.';
COMMENT ON COLUMN awgp.work_item_list.risk_level IS '0 to 5. NULL: not yet assessed, which counts as the highest.';
COMMENT ON COLUMN awgp.work_item_list.estimated_cost IS 'What it is expected to cost.';
COMMENT ON COLUMN awgp.work_item_list.actual_cost IS 'What it cost, as the caller says. AWGP neither computes it nor compares it with the ledger.';
COMMENT ON COLUMN awgp.work_item_list.context IS 'Data for the task. A JSON object is meant. Its key action names the action: the assistant must have it among its capabilities, and approvers see it. Anything but an object names no action.';
COMMENT ON COLUMN awgp.work_item_list.result IS 'Output data, as JSON.';
COMMENT ON COLUMN awgp.work_item_list.started_at IS 'When work first began. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.completed_at IS 'When it was completed, failed or cancelled. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.due_at IS 'When it should be done.';
COMMENT ON COLUMN awgp.work_item_list.closed_reason IS 'Why it failed or was cancelled; set only together with that status.';
COMMENT ON COLUMN awgp.work_item_list.asked_risk_level IS 'The highest risk level for which an approval was requested; risk_level cannot be set below it. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.pinned_digest IS 'The digest of what was approved, while the item runs under an approval. In that time title, description, risk, estimated cost, context and assistant cannot change. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.created_by IS 'The user of the same tenant who created it; NULL if the system did.';
COMMENT ON COLUMN awgp.work_item_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.work_item_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.pinned_digest_version IS 'The version of pinned_digest; NULL: version 1. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.assistant_slug IS 'The slug of the assistant that does it.';
COMMENT ON COLUMN awgp.work_item_list.tenant_slug IS 'The slug of its tenant.';
COMMENT ON COLUMN awgp.work_item_list.created_by_email IS 'The e-mail address of created_by.';

REVOKE ALL ON awgp.work_item_list FROM PUBLIC;
GRANT SELECT ON awgp.work_item_list TO awgp_app;
