-- Work items, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.work_item_list WITH (security_invoker = true) AS
SELECT w.id, w.tenant_id, w.assistant_id, w.title, w.description, w.status, w.priority, w.risk_level, w.estimated_cost,
       w.actual_cost, w.context, w.result, w.started_at, w.completed_at, w.due_at, w.closed_reason, w.asked_risk_level,
       w.pinned_digest, w.created_by, w.created_at, w.updated_at, w.pinned_digest_version,
       a.slug AS assistant_slug,
       t.slug AS tenant_slug
FROM awgp.work_items AS w
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.tenants AS t ON t.id = w.tenant_id
WHERE w.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.work_item_list IS 'The work items that the context sees, each with the slugs of its assistant and its tenant.';
COMMENT ON COLUMN awgp.work_item_list.id IS 'Key.';
COMMENT ON COLUMN awgp.work_item_list.tenant_id IS 'The tenant whose work it is; never changes.';
COMMENT ON COLUMN awgp.work_item_list.assistant_id IS 'The assistant, of the same tenant, that is to do it.';
COMMENT ON COLUMN awgp.work_item_list.title IS 'What is to be done, in a line.';
COMMENT ON COLUMN awgp.work_item_list.description IS 'What is to be done, in full.';
COMMENT ON COLUMN awgp.work_item_list.status IS 'backlog, in_progress, awaiting_approval, completed, failed or cancelled; moves as docs/state_machines.md draws it.';
COMMENT ON COLUMN awgp.work_item_list.priority IS '1 (highest) to 5.';
COMMENT ON COLUMN awgp.work_item_list.risk_level IS '0 to 5; empty means not yet assessed, and counts as the highest.';
COMMENT ON COLUMN awgp.work_item_list.estimated_cost IS 'What it is expected to cost, in the currency of the tenant''s pools.';
COMMENT ON COLUMN awgp.work_item_list.actual_cost IS 'What it did cost, in the currency of the tenant''s pools.';
COMMENT ON COLUMN awgp.work_item_list.context IS 'Task-specific data.';
COMMENT ON COLUMN awgp.work_item_list.result IS 'Output data.';
COMMENT ON COLUMN awgp.work_item_list.started_at IS 'When work first began; kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.completed_at IS 'When work ended, well or not; kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.due_at IS 'When it should be done.';
COMMENT ON COLUMN awgp.work_item_list.closed_reason IS 'Why it failed or was cancelled; set with that move alone.';
COMMENT ON COLUMN awgp.work_item_list.asked_risk_level IS 'The highest risk that an approval was asked for; the risk does not fall below it. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.pinned_digest IS 'While it runs under an approval: the digest of what was approved, which does not change meanwhile. Kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.created_by IS 'The user of the same tenant who asked for it; empty where the system did.';
COMMENT ON COLUMN awgp.work_item_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.work_item_list.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.work_item_list.pinned_digest_version IS 'The version of pinned_digest; empty: the first. Kept by the machine.';
COMMENT ON COLUMN awgp.work_item_list.assistant_slug IS 'The slug of the assistant that does it.';
COMMENT ON COLUMN awgp.work_item_list.tenant_slug IS 'The slug of its tenant.';

REVOKE ALL ON awgp.work_item_list FROM PUBLIC;
GRANT SELECT ON awgp.work_item_list TO awgp_app;
