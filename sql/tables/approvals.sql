-- Approvals: what a user is asked to allow.

CREATE TABLE awgp.approvals (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    work_item_id uuid NOT NULL,
    title text NOT NULL,
    description text,
    risk_level integer NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    requested_by uuid NOT NULL,
    request_digest text NOT NULL,
    approver_ids uuid[],
    approved_by uuid,
    approved_at timestamptz,
    rejected_reason text,
    expires_at timestamptz NOT NULL,
    escalation_count integer NOT NULL DEFAULT 0,
    escalated_to text,
    escalated_at timestamptz,
    escalation_reason text,
    used_at timestamptz,
    withdrawn_at timestamptz,
    break_glass boolean NOT NULL DEFAULT false,
    context jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    requester_issuer text,
    requester_subject text,
    request_digest_version integer NOT NULL DEFAULT 1,
    action text,
    arguments jsonb,
    arguments_digest text,
    requested_arguments jsonb,
    requested_arguments_digest text,
    CONSTRAINT approvals_pkey PRIMARY KEY (id),
    CONSTRAINT approvals_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT approvals_title_check CHECK (pg_catalog.btrim(title) <> ''),
    CONSTRAINT approvals_risk_level_check CHECK (risk_level BETWEEN 0 AND 5),
    CONSTRAINT approvals_status_check CHECK (status IN ('pending', 'approved', 'rejected', 'escalated', 'expired')),
    CONSTRAINT approvals_escalation_count_check CHECK (escalation_count >= 0),
    CONSTRAINT approvals_request_digest_check CHECK (request_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT approvals_escalated_to_check CHECK (escalated_to IN ('operator', 'manager', 'admin', 'super_admin')),
    CONSTRAINT approvals_used_at_check CHECK (used_at IS NULL OR status = 'approved'),
    CONSTRAINT approvals_approved_by_check CHECK ((status = 'approved') = (approved_by IS NOT NULL AND approved_at IS NOT NULL)),
    CONSTRAINT approvals_action_check CHECK (pg_catalog.btrim(action) <> ''),
    CONSTRAINT approvals_arguments_check CHECK (
        (action IS NULL) = (arguments IS NULL) AND (action IS NULL) = (arguments_digest IS NULL)
        AND (action IS NULL) = (requested_arguments_digest IS NULL)),
    CONSTRAINT approvals_requested_arguments_check CHECK ((requested_arguments IS NOT NULL) = (arguments_digest IS DISTINCT FROM requested_arguments_digest)),
    CONSTRAINT approvals_requester_subject_check CHECK ((requester_issuer IS NULL) = (requester_subject IS NULL)),
    CONSTRAINT approvals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT approvals_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT approvals_requested_by_fkey FOREIGN KEY (tenant_id, requested_by) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT approvals_approved_by_fkey FOREIGN KEY (tenant_id, approved_by) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_approvals_status ON awgp.approvals (status);
CREATE INDEX idx_approvals_requested_by ON awgp.approvals (requested_by);
CREATE INDEX idx_approvals_expires ON awgp.approvals (expires_at);
-- An inbox reads it in its order, as far as it shows.
CREATE INDEX idx_approvals_open ON awgp.approvals (tenant_id, risk_level DESC, expires_at, id) WHERE status IN ('pending', 'escalated');
-- The newest of a tenant's approvals without sorting them all.
CREATE INDEX idx_approvals_tenant_created ON awgp.approvals (tenant_id, created_at DESC);
-- The trigger withdraws an open request before it takes another; this also holds within one INSERT
-- of several rows.
CREATE UNIQUE INDEX idx_approvals_one_open ON awgp.approvals (tenant_id, work_item_id) WHERE status IN ('pending', 'escalated') AND action IS NULL;
CREATE UNIQUE INDEX idx_approvals_one_open_action ON awgp.approvals (tenant_id, work_item_id, action, arguments_digest)
    WHERE status IN ('pending', 'escalated') AND action IS NOT NULL;
CREATE INDEX idx_approvals_tenant_work_item ON awgp.approvals (tenant_id, work_item_id);
-- What the doctor looks for.
CREATE INDEX idx_approvals_break_glass ON awgp.approvals (approved_at) WHERE break_glass;
CREATE INDEX idx_approvals_tenant_approved_by ON awgp.approvals (tenant_id, approved_by) WHERE approved_by IS NOT NULL;

COMMENT ON TABLE awgp.approvals IS 'Requests to approve work, and what was decided.';
COMMENT ON COLUMN awgp.approvals.id IS 'Id of the approval.';
COMMENT ON COLUMN awgp.approvals.tenant_id IS 'The tenant whose work is to be approved; never changes.';
COMMENT ON COLUMN awgp.approvals.work_item_id IS 'The work item, of the same tenant, that waits.';
COMMENT ON COLUMN awgp.approvals.title IS 'What is requested, in a line.';
COMMENT ON COLUMN awgp.approvals.description IS 'What is requested, in full.';
COMMENT ON COLUMN awgp.approvals.risk_level IS 'The risk level that is requested, 0 to 5, at least that of the work item. It decides who may approve.';
COMMENT ON COLUMN awgp.approvals.status IS 'pending, approved, rejected, escalated or expired. A withdrawn approval is expired and has withdrawn_at.';
COMMENT ON COLUMN awgp.approvals.requested_by IS 'The user, of the same tenant, who requested it.';
COMMENT ON COLUMN awgp.approvals.request_digest IS 'SHA-256, in hex, of the work item and its assistant when the approval was requested; docs/approvals.md describes its bytes. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.approver_ids IS 'The users of the same tenant who may decide; NULL or an empty array: everybody whose role may decide this risk.';
COMMENT ON COLUMN awgp.approvals.approved_by IS 'The user who gave the last vote that was needed. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.approved_at IS 'When it was approved. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.rejected_reason IS 'Why it was rejected.';
COMMENT ON COLUMN awgp.approvals.expires_at IS 'From this moment on nobody can decide it, and no work begins under it.';
COMMENT ON COLUMN awgp.approvals.escalation_count IS 'How often it was escalated. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.escalated_to IS 'The lowest role that may decide after an escalation; NULL: the role that the risk level needs. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.escalated_at IS 'When it was last escalated. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.escalation_reason IS 'Why it was last escalated.';
COMMENT ON COLUMN awgp.approvals.used_at IS 'When work began under it; an approval is used once. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.withdrawn_at IS 'When it was withdrawn: the work began or ended without it, or another approval was requested. The status is then expired. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.break_glass IS 'True if break_glass() approved it. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.context IS 'Data for whoever decides. A JSON object is meant; AWGP does not read it.';
COMMENT ON COLUMN awgp.approvals.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.approvals.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.requester_issuer IS 'Issuer of the token that the requester presented; NULL in trusted mode. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.requester_subject IS 'Subject of that token; NULL in trusted mode. A person with this issuer and subject cannot decide, even as another user. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.request_digest_version IS 'The version of request_digest. New approvals have version 2, which covers the assistant''s configuration; version 1 covers the work item only. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.action IS 'The one action of the work item''s assistant that is to be approved; NULL: the approval is for the work item. Never changes.';
COMMENT ON COLUMN awgp.approvals.arguments IS 'The arguments that are approved, at most 64 KiB of JSON: what the action may be begun with. They are only in this row, and not in the trail. An approver may replace them while nobody has voted. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.arguments_digest IS 'SHA-256, in hex, of the canonical form (RFC 8785) of arguments. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.requested_arguments IS 'The arguments that were requested, where an approver has replaced them; NULL: arguments are as requested. Kept by trigger.';
COMMENT ON COLUMN awgp.approvals.requested_arguments_digest IS 'SHA-256, in hex, of the canonical form of the arguments that were requested. Kept by trigger.';
COMMENT ON CONSTRAINT approvals_pkey ON awgp.approvals IS 'The id identifies the approval.';
COMMENT ON CONSTRAINT approvals_tenant_id_id_key ON awgp.approvals IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT approvals_title_check ON awgp.approvals IS 'An approval has a title.';
COMMENT ON CONSTRAINT approvals_risk_level_check ON awgp.approvals IS 'The risk level is 0 to 5.';
COMMENT ON CONSTRAINT approvals_status_check ON awgp.approvals IS 'The status is one of pending, approved, rejected, escalated, expired.';
COMMENT ON CONSTRAINT approvals_escalation_count_check ON awgp.approvals IS 'An escalation count is not negative.';
COMMENT ON CONSTRAINT approvals_request_digest_check ON awgp.approvals IS 'A digest is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT approvals_escalated_to_check ON awgp.approvals IS 'An escalation goes to operator, manager, admin or super_admin.';
COMMENT ON CONSTRAINT approvals_used_at_check ON awgp.approvals IS 'Only an approved approval is used.';
COMMENT ON CONSTRAINT approvals_approved_by_check ON awgp.approvals IS 'An approved approval says by whom and when; no other does.';
COMMENT ON CONSTRAINT approvals_action_check ON awgp.approvals IS 'An action has a name.';
COMMENT ON CONSTRAINT approvals_arguments_check ON awgp.approvals IS 'An action has arguments, and a work item has none.';
COMMENT ON CONSTRAINT approvals_requested_arguments_check ON awgp.approvals IS 'The arguments that were requested are kept where others are approved.';
COMMENT ON CONSTRAINT approvals_requester_subject_check ON awgp.approvals IS 'A subject is set together with its issuer.';
COMMENT ON CONSTRAINT approvals_tenant_id_fkey ON awgp.approvals IS 'The tenant exists, and cannot be deleted while it has approvals.';
COMMENT ON CONSTRAINT approvals_work_item_id_fkey ON awgp.approvals IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT approvals_requested_by_fkey ON awgp.approvals IS 'The requester is a user of the same tenant.';
COMMENT ON CONSTRAINT approvals_approved_by_fkey ON awgp.approvals IS 'The approver is a user of the same tenant.';
COMMENT ON INDEX awgp.idx_approvals_status IS 'The approvals of every tenant with a status; for maintenance.';
COMMENT ON INDEX awgp.idx_approvals_requested_by IS 'The approvals that a user requested; serves its foreign key.';
COMMENT ON INDEX awgp.idx_approvals_expires IS 'The approvals that expire next; for maintenance.';
COMMENT ON INDEX awgp.idx_approvals_open IS 'An inbox: a tenant''s open requests, the highest risk first, then what expires first.';
COMMENT ON INDEX awgp.idx_approvals_tenant_created IS 'A tenant''s approvals, the newest first.';
COMMENT ON INDEX awgp.idx_approvals_one_open IS 'A work item has one open approval at a time, beside those of its actions.';
COMMENT ON INDEX awgp.idx_approvals_one_open_action IS 'An action has one open approval for each of its arguments.';
COMMENT ON INDEX awgp.idx_approvals_tenant_work_item IS 'The approvals of a work item; serves its foreign key.';
COMMENT ON INDEX awgp.idx_approvals_break_glass IS 'The approvals given by break_glass(), by time; for the doctor.';
COMMENT ON INDEX awgp.idx_approvals_tenant_approved_by IS 'A tenant''s approvals by approver; serves its foreign key.';
