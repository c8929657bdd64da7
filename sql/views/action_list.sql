-- Governed actions, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.action_list WITH (security_invoker = true) AS
SELECT g.id, g.tenant_id, g.work_item_id, g.assistant_id, g.action, g.provider, g.estimated_cost, g.status,
       g.request_digest, g.reservation_id, g.cost_transaction_id, g.finish_digest, g.result, g.begun_at, g.expires_at,
       g.finished_at, g.created_at, g.updated_at, g.request_digest_version, g.idempotency_key, g.begin_digest,
       g.arguments_digest, g.approval_id, g.unknown_until,
       w.title AS work_item_title,
       a.slug AS assistant_slug,
       c.cost_amount,
       t.slug AS tenant_slug
FROM awgp.governed_actions AS g
LEFT JOIN awgp.work_items AS w ON w.tenant_id = g.tenant_id AND w.id = g.work_item_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = g.tenant_id AND a.id = g.assistant_id
LEFT JOIN awgp.cost_transactions AS c ON c.tenant_id = g.tenant_id AND c.id = g.cost_transaction_id
LEFT JOIN awgp.tenants AS t ON t.id = g.tenant_id
WHERE g.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.action_list IS 'The actions visible to the caller, each with its work item, its assistant and what it cost.';
COMMENT ON COLUMN awgp.action_list.id IS 'Id of the action.';
COMMENT ON COLUMN awgp.action_list.tenant_id IS 'The tenant whose work it is; never changes.';
COMMENT ON COLUMN awgp.action_list.work_item_id IS 'The work item, of the same tenant, that it is for.';
COMMENT ON COLUMN awgp.action_list.assistant_id IS 'The assistant of the work item.';
COMMENT ON COLUMN awgp.action_list.action IS 'The name of the action: one of the assistant''s capabilities.';
COMMENT ON COLUMN awgp.action_list.provider IS 'The provider whose pool pays; NULL if none was named.';
COMMENT ON COLUMN awgp.action_list.estimated_cost IS 'What was set aside for it; NULL: nothing.';
COMMENT ON COLUMN awgp.action_list.status IS 'begun, succeeded, failed, unknown or abandoned. Of an action that is unknown nobody knows whether it happened: its money stays held until unknown_until.';
COMMENT ON COLUMN awgp.action_list.request_digest IS 'Digest of the work item and its assistant when the action began, made as for an approval.';
COMMENT ON COLUMN awgp.action_list.reservation_id IS 'The reservation, of the same tenant, that holds the money; NULL if nothing was set aside.';
COMMENT ON COLUMN awgp.action_list.cost_transaction_id IS 'The ledger entry of its cost, of the same tenant; NULL: it cost nothing.';
COMMENT ON COLUMN awgp.action_list.finish_digest IS 'SHA-256 of the arguments of finish_action(), in hex. It shows whether a second call is the same, and proves the result. docs/actions.md describes its bytes.';
COMMENT ON COLUMN awgp.action_list.result IS 'What came of it, at most 64 KiB of JSON. It is only in this row, and not in the trail.';
COMMENT ON COLUMN awgp.action_list.begun_at IS 'When it began.';
COMMENT ON COLUMN awgp.action_list.expires_at IS 'From this moment on nobody knows whether it happened, and maintenance marks it as unknown.';
COMMENT ON COLUMN awgp.action_list.finished_at IS 'When it ended or was abandoned. A report that comes after it was abandoned sets it again.';
COMMENT ON COLUMN awgp.action_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.action_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.action_list.request_digest_version IS 'The version of request_digest.';
COMMENT ON COLUMN awgp.action_list.idempotency_key IS 'Idempotency key of the caller, unique in the work item.';
COMMENT ON COLUMN awgp.action_list.begin_digest IS 'SHA-256, in hex, of what begin_action() was called with: awgp/begin/v1 and the JSON array of action, provider, estimated_cost and expires_in (in microseconds, as text), as for finish_digest; with arguments awgp/begin/v2, and their digest is the last element. It shows whether a call under the same key is the same call.';
COMMENT ON COLUMN awgp.action_list.arguments_digest IS 'SHA-256, in hex, of the canonical form (RFC 8785) of the action''s arguments; NULL: none were given. The arguments themselves are not kept.';
COMMENT ON COLUMN awgp.action_list.approval_id IS 'The approval of this action with its arguments under which it began, of the same tenant; NULL: it needed none.';
COMMENT ON COLUMN awgp.action_list.unknown_until IS 'Until this moment its money is held if nobody says what became of it; then maintenance marks it as abandoned. The tenant''s setting action_policy.unknown_for_seconds says how long after expires_at.';
COMMENT ON COLUMN awgp.action_list.work_item_title IS 'The title of the work item.';
COMMENT ON COLUMN awgp.action_list.assistant_slug IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.action_list.cost_amount IS 'What it cost, as the ledger has it; NULL: nothing is recorded.';
COMMENT ON COLUMN awgp.action_list.tenant_slug IS 'The slug of its tenant.';

REVOKE ALL ON awgp.action_list FROM PUBLIC;
GRANT SELECT ON awgp.action_list TO awgp_app;
