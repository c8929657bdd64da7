-- What assistants do under the rules: begun when everything allows it, finished with what it cost.

CREATE TABLE awgp.governed_actions (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    work_item_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    action text NOT NULL,
    provider text,
    estimated_cost numeric(18,6),
    status text NOT NULL DEFAULT 'begun',
    request_digest text NOT NULL,
    reservation_id uuid,
    cost_transaction_id uuid,
    finish_digest text,
    result jsonb,
    begun_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at timestamptz NOT NULL,
    finished_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    request_digest_version integer NOT NULL DEFAULT 1,
    idempotency_key text,
    begin_digest text,
    arguments_digest text,
    approval_id uuid,
    unknown_until timestamptz NOT NULL,
    CONSTRAINT governed_actions_pkey PRIMARY KEY (id),
    CONSTRAINT governed_actions_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT governed_actions_action_check CHECK (pg_catalog.btrim(action) <> ''),
    CONSTRAINT governed_actions_status_check CHECK (status IN ('begun', 'succeeded', 'failed', 'abandoned', 'unknown')),
    CONSTRAINT governed_actions_finished_check CHECK ((finished_at IS NULL) = (status IN ('begun', 'unknown'))),
    CONSTRAINT governed_actions_window_check CHECK (begun_at < expires_at AND expires_at <= unknown_until),
    CONSTRAINT governed_actions_estimated_cost_check CHECK (estimated_cost >= 0 AND estimated_cost < 'NaN'),
    CONSTRAINT governed_actions_idempotency_key_check CHECK (pg_catalog.length(idempotency_key) BETWEEN 1 AND 200),
    CONSTRAINT governed_actions_begin_digest_check CHECK ((idempotency_key IS NULL) = (begin_digest IS NULL)),
    CONSTRAINT governed_actions_arguments_digest_check CHECK (arguments_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT governed_actions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT governed_actions_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT governed_actions_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT governed_actions_reservation_id_fkey FOREIGN KEY (tenant_id, reservation_id) REFERENCES awgp.credit_reservations (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT governed_actions_cost_transaction_id_fkey FOREIGN KEY (tenant_id, cost_transaction_id) REFERENCES awgp.cost_transactions (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT governed_actions_approval_id_fkey FOREIGN KEY (tenant_id, approval_id) REFERENCES awgp.approvals (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_governed_actions_work_item ON awgp.governed_actions (tenant_id, work_item_id, begun_at DESC);
CREATE INDEX idx_governed_actions_assistant ON awgp.governed_actions (tenant_id, assistant_id, begun_at DESC);
CREATE INDEX idx_governed_actions_reservation ON awgp.governed_actions (tenant_id, reservation_id) WHERE reservation_id IS NOT NULL;
CREATE INDEX idx_governed_actions_cost ON awgp.governed_actions (tenant_id, cost_transaction_id) WHERE cost_transaction_id IS NOT NULL;
CREATE INDEX idx_governed_actions_open ON awgp.governed_actions (expires_at) WHERE status = 'begun';
CREATE INDEX idx_governed_actions_unknown ON awgp.governed_actions (unknown_until) WHERE status = 'unknown';
-- No two actions begin under one approval, whatever a function may get wrong.
CREATE UNIQUE INDEX idx_governed_actions_approval ON awgp.governed_actions (tenant_id, approval_id) WHERE approval_id IS NOT NULL;
CREATE UNIQUE INDEX idx_governed_actions_idempotency_key ON awgp.governed_actions (tenant_id, work_item_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

COMMENT ON TABLE awgp.governed_actions IS 'Actions of assistants: one row for each begin_action() that was allowed. Only begin_action(), finish_action(), reconcile_action() and abandon_actions() write it.';
COMMENT ON COLUMN awgp.governed_actions.id IS 'Id of the action.';
COMMENT ON COLUMN awgp.governed_actions.tenant_id IS 'The tenant whose work it is; never changes.';
COMMENT ON COLUMN awgp.governed_actions.work_item_id IS 'The work item, of the same tenant, that it is for.';
COMMENT ON COLUMN awgp.governed_actions.assistant_id IS 'The assistant of the work item.';
COMMENT ON COLUMN awgp.governed_actions.action IS 'The name of the action: one of the assistant''s capabilities.';
COMMENT ON COLUMN awgp.governed_actions.provider IS 'The provider whose pool pays; NULL if none was named.';
COMMENT ON COLUMN awgp.governed_actions.estimated_cost IS 'What was set aside for it; NULL: nothing.';
COMMENT ON COLUMN awgp.governed_actions.status IS 'begun, succeeded, failed, unknown or abandoned. Of an action that is unknown nobody knows whether it happened: its money stays held until unknown_until.';
COMMENT ON COLUMN awgp.governed_actions.request_digest IS 'Digest of the work item and its assistant when the action began, made as for an approval.';
COMMENT ON COLUMN awgp.governed_actions.reservation_id IS 'The reservation, of the same tenant, that holds the money; NULL if nothing was set aside.';
COMMENT ON COLUMN awgp.governed_actions.cost_transaction_id IS 'The ledger entry of its cost, of the same tenant; NULL: it cost nothing.';
COMMENT ON COLUMN awgp.governed_actions.finish_digest IS 'SHA-256 of the arguments of finish_action(), in hex. It shows whether a second call is the same, and proves the result. docs/actions.md describes its bytes.';
COMMENT ON COLUMN awgp.governed_actions.result IS 'What came of it, at most 64 KiB of JSON. It is only in this row, and not in the trail.';
COMMENT ON COLUMN awgp.governed_actions.begun_at IS 'When it began.';
COMMENT ON COLUMN awgp.governed_actions.expires_at IS 'From this moment on nobody knows whether it happened, and maintenance marks it as unknown.';
COMMENT ON COLUMN awgp.governed_actions.finished_at IS 'When it ended or was abandoned. A report that comes after it was abandoned sets it again.';
COMMENT ON COLUMN awgp.governed_actions.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.governed_actions.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.governed_actions.request_digest_version IS 'The version of request_digest.';
COMMENT ON COLUMN awgp.governed_actions.idempotency_key IS 'Idempotency key of the caller, unique in the work item.';
COMMENT ON COLUMN awgp.governed_actions.begin_digest IS 'SHA-256, in hex, of what begin_action() was called with: awgp/begin/v1 and the JSON array of action, provider, estimated_cost and expires_in (in microseconds, as text), as for finish_digest; with arguments awgp/begin/v2, and their digest is the last element. It shows whether a call under the same key is the same call.';
COMMENT ON COLUMN awgp.governed_actions.arguments_digest IS 'SHA-256, in hex, of the canonical form (RFC 8785) of the action''s arguments; NULL: none were given. The arguments themselves are not kept.';
COMMENT ON COLUMN awgp.governed_actions.approval_id IS 'The approval of this action with its arguments under which it began, of the same tenant; NULL: it needed none.';
COMMENT ON COLUMN awgp.governed_actions.unknown_until IS 'Until this moment its money is held if nobody says what became of it; then maintenance marks it as abandoned. The tenant''s setting action_policy.unknown_for_seconds says how long after expires_at.';
COMMENT ON CONSTRAINT governed_actions_pkey ON awgp.governed_actions IS 'The id identifies the action.';
COMMENT ON CONSTRAINT governed_actions_tenant_id_id_key ON awgp.governed_actions IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT governed_actions_action_check ON awgp.governed_actions IS 'An action has a name.';
COMMENT ON CONSTRAINT governed_actions_status_check ON awgp.governed_actions IS 'The status is one of begun, succeeded, failed, unknown, abandoned.';
COMMENT ON CONSTRAINT governed_actions_finished_check ON awgp.governed_actions IS 'finished_at is set unless the status is begun or unknown.';
COMMENT ON CONSTRAINT governed_actions_window_check ON awgp.governed_actions IS 'An action expires after it begins, and is abandoned no sooner.';
COMMENT ON CONSTRAINT governed_actions_estimated_cost_check ON awgp.governed_actions IS 'A cost is not negative.';
COMMENT ON CONSTRAINT governed_actions_idempotency_key_check ON awgp.governed_actions IS 'An idempotency key has 1 to 200 characters.';
COMMENT ON CONSTRAINT governed_actions_begin_digest_check ON awgp.governed_actions IS 'A key and the digest of the call are set together.';
COMMENT ON CONSTRAINT governed_actions_arguments_digest_check ON awgp.governed_actions IS 'A digest is 64 hexadecimal digits.';
COMMENT ON CONSTRAINT governed_actions_tenant_id_fkey ON awgp.governed_actions IS 'The tenant exists, and cannot be deleted while it has actions.';
COMMENT ON CONSTRAINT governed_actions_work_item_id_fkey ON awgp.governed_actions IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT governed_actions_assistant_id_fkey ON awgp.governed_actions IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT governed_actions_reservation_id_fkey ON awgp.governed_actions IS 'The reservation is one of the same tenant.';
COMMENT ON CONSTRAINT governed_actions_cost_transaction_id_fkey ON awgp.governed_actions IS 'The entry is one of the same tenant.';
COMMENT ON CONSTRAINT governed_actions_approval_id_fkey ON awgp.governed_actions IS 'The approval is one of the same tenant.';
COMMENT ON INDEX awgp.idx_governed_actions_work_item IS 'A work item''s newest actions; serves its foreign key.';
COMMENT ON INDEX awgp.idx_governed_actions_assistant IS 'An assistant''s newest actions; serves its foreign key.';
COMMENT ON INDEX awgp.idx_governed_actions_reservation IS 'The action of a reservation; serves its foreign key.';
COMMENT ON INDEX awgp.idx_governed_actions_cost IS 'The action of an entry of the ledger; serves its foreign key.';
COMMENT ON INDEX awgp.idx_governed_actions_open IS 'Actions that are not finished, by their expiry; for maintenance.';
COMMENT ON INDEX awgp.idx_governed_actions_idempotency_key IS 'No two actions of a work item have the same idempotency key.';
COMMENT ON INDEX awgp.idx_governed_actions_unknown IS 'Actions of unknown outcome, by the end of their time; for maintenance.';
COMMENT ON INDEX awgp.idx_governed_actions_approval IS 'No two actions begin under one approval; serves its foreign key.';
