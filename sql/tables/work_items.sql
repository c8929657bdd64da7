-- Tasks assigned to assistants.

CREATE TABLE awgp.work_items (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    title text NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'backlog',
    priority integer NOT NULL DEFAULT 3,
    risk_level integer,
    estimated_cost numeric(18,6),
    actual_cost numeric(18,6),
    context jsonb NOT NULL DEFAULT '{}',
    result jsonb,
    started_at timestamptz,
    completed_at timestamptz,
    due_at timestamptz,
    closed_reason text,
    asked_risk_level integer,
    pinned_digest text,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    pinned_digest_version integer,
    CONSTRAINT work_items_pkey PRIMARY KEY (id),
    CONSTRAINT work_items_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT work_items_title_check CHECK (pg_catalog.btrim(title) <> ''),
    CONSTRAINT work_items_status_check CHECK (status IN ('backlog', 'in_progress', 'awaiting_approval', 'completed', 'failed', 'cancelled')),
    CONSTRAINT work_items_priority_check CHECK (priority BETWEEN 1 AND 5),
    CONSTRAINT work_items_risk_level_check CHECK (risk_level BETWEEN 0 AND 5),
    CONSTRAINT work_items_cost_check CHECK (
        estimated_cost >= 0 AND estimated_cost < 'NaN' AND actual_cost >= 0 AND actual_cost < 'NaN'),
    CONSTRAINT work_items_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT work_items_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT work_items_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_work_items_tenant ON awgp.work_items (tenant_id);
CREATE INDEX idx_work_items_status ON awgp.work_items (status);
CREATE INDEX idx_work_items_assistant ON awgp.work_items (assistant_id);
-- The newest of a tenant's items without sorting them all, and the same by status and by assistant.
CREATE INDEX idx_work_items_tenant_created ON awgp.work_items (tenant_id, created_at DESC);
CREATE INDEX idx_work_items_tenant_status ON awgp.work_items (tenant_id, status, created_at DESC);
CREATE INDEX idx_work_items_tenant_assistant ON awgp.work_items (tenant_id, assistant_id, created_at DESC);
CREATE INDEX idx_work_items_created_by ON awgp.work_items (tenant_id, created_by) WHERE created_by IS NOT NULL;

COMMENT ON TABLE awgp.work_items IS 'Tasks of assistants.';
COMMENT ON COLUMN awgp.work_items.id IS 'Id of the work item.';
COMMENT ON COLUMN awgp.work_items.tenant_id IS 'The tenant whose work it is; never changes.';
COMMENT ON COLUMN awgp.work_items.assistant_id IS 'The assistant, of the same tenant, that does it.';
COMMENT ON COLUMN awgp.work_items.title IS 'What is to be done, in a line.';
COMMENT ON COLUMN awgp.work_items.description IS 'What is to be done, in full.';
COMMENT ON COLUMN awgp.work_items.status IS 'backlog, in_progress, awaiting_approval, completed, failed or cancelled; changes as docs/state_machines.md shows.';
COMMENT ON COLUMN awgp.work_items.priority IS '1 (highest) to 5.';
COMMENT ON COLUMN awgp.work_items.risk_level IS '0 to 5. NULL: not yet assessed, which counts as the highest.';
COMMENT ON COLUMN awgp.work_items.estimated_cost IS 'What it is expected to cost.';
COMMENT ON COLUMN awgp.work_items.actual_cost IS 'What it cost, as the caller says. AWGP neither computes it nor compares it with the ledger.';
COMMENT ON COLUMN awgp.work_items.context IS 'Data for the task. A JSON object is meant. Its key action names the action: the assistant must have it among its capabilities, and approvers see it. Anything but an object names no action.';
COMMENT ON COLUMN awgp.work_items.result IS 'Output data, as JSON.';
COMMENT ON COLUMN awgp.work_items.started_at IS 'When work first began. Kept by trigger.';
COMMENT ON COLUMN awgp.work_items.completed_at IS 'When it was completed, failed or cancelled. Kept by trigger.';
COMMENT ON COLUMN awgp.work_items.due_at IS 'When it should be done.';
COMMENT ON COLUMN awgp.work_items.closed_reason IS 'Why it failed or was cancelled; set only together with that status.';
COMMENT ON COLUMN awgp.work_items.asked_risk_level IS 'The highest risk level for which an approval was requested; risk_level cannot be set below it. Kept by trigger.';
COMMENT ON COLUMN awgp.work_items.pinned_digest IS 'The digest of what was approved, while the item runs under an approval. In that time title, description, risk, estimated cost, context and assistant cannot change. Kept by trigger.';
COMMENT ON COLUMN awgp.work_items.created_by IS 'The user of the same tenant who created it; NULL if the system did.';
COMMENT ON COLUMN awgp.work_items.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.work_items.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.work_items.pinned_digest_version IS 'The version of pinned_digest; NULL: version 1. Kept by trigger.';
COMMENT ON CONSTRAINT work_items_pkey ON awgp.work_items IS 'The id identifies the work item.';
COMMENT ON CONSTRAINT work_items_tenant_id_id_key ON awgp.work_items IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT work_items_title_check ON awgp.work_items IS 'A work item has a title.';
COMMENT ON CONSTRAINT work_items_status_check ON awgp.work_items IS 'The status is one of backlog, in_progress, awaiting_approval, completed, failed, cancelled.';
COMMENT ON CONSTRAINT work_items_priority_check ON awgp.work_items IS 'The priority is 1 (highest) to 5.';
COMMENT ON CONSTRAINT work_items_risk_level_check ON awgp.work_items IS 'The risk level is 0 to 5.';
COMMENT ON CONSTRAINT work_items_cost_check ON awgp.work_items IS 'Costs are numbers, and not negative.';
COMMENT ON CONSTRAINT work_items_tenant_id_fkey ON awgp.work_items IS 'The tenant exists, and cannot be deleted while it has work items.';
COMMENT ON CONSTRAINT work_items_assistant_id_fkey ON awgp.work_items IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT work_items_created_by_fkey ON awgp.work_items IS 'The creator is a user of the same tenant.';
COMMENT ON INDEX awgp.idx_work_items_tenant IS 'The work items of a tenant.';
COMMENT ON INDEX awgp.idx_work_items_status IS 'The work items of every tenant with a status; for maintenance.';
COMMENT ON INDEX awgp.idx_work_items_assistant IS 'The work items of an assistant.';
COMMENT ON INDEX awgp.idx_work_items_tenant_created IS 'A tenant''s newest work items, without sorting all of them.';
COMMENT ON INDEX awgp.idx_work_items_tenant_status IS 'A tenant''s newest work items with a status.';
COMMENT ON INDEX awgp.idx_work_items_tenant_assistant IS 'An assistant''s newest work items; serves its foreign key.';
COMMENT ON INDEX awgp.idx_work_items_created_by IS 'The work items that a user created; serves its foreign key.';
