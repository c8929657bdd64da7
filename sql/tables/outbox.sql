-- Notices: what has happened that people wait for, one row for each target that is told.

CREATE TABLE awgp.outbox (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid,
    kind text NOT NULL,
    target text NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid,
    code text,
    expires_at timestamptz,
    status text NOT NULL DEFAULT 'waiting',
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    last_error text,
    settled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT outbox_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT outbox_entity_id_expires_at_key UNIQUE (tenant_id, entity_id, expires_at, target),
    CONSTRAINT outbox_kind_check CHECK (kind IN ('approval_asked', 'approval_decided', 'approval_escalated',
        'approval_expiring', 'approval_expired', 'budget_threshold', 'budget_overrun', 'flag_confirmed',
        'assistant_suspended', 'stopped', 'resumed', 'doctor_error')),
    CONSTRAINT outbox_about_check CHECK (
        (tenant_id IS NULL) = (kind = 'doctor_error') AND (entity_id IS NULL) = (kind = 'doctor_error')
        AND (code IS NOT NULL) = (kind = 'doctor_error')),
    CONSTRAINT outbox_expires_at_check CHECK ((expires_at IS NOT NULL) = (kind = 'approval_expiring')),
    CONSTRAINT outbox_status_check CHECK (status IN ('waiting', 'delivered', 'dead')),
    CONSTRAINT outbox_settled_at_check CHECK ((settled_at IS NOT NULL) = (status <> 'waiting')),
    CONSTRAINT outbox_attempts_check CHECK (attempts >= 0),
    CONSTRAINT outbox_last_error_check CHECK (last_error ~ '^[a-z0-9_]{1,63}$'),
    CONSTRAINT outbox_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);
CREATE INDEX idx_outbox_due ON awgp.outbox (target, due_at) WHERE status = 'waiting';
CREATE INDEX idx_outbox_settled ON awgp.outbox (settled_at) WHERE status <> 'waiting';
CREATE INDEX idx_outbox_tenant ON awgp.outbox (tenant_id, created_at DESC);

COMMENT ON TABLE awgp.outbox IS 'Notices: what has happened that people wait for, one row for each target that is told. Ids, kinds and times, no content. Written with what happened; awgp notify delivers them.';
COMMENT ON COLUMN awgp.outbox.id IS 'Id of the notice; receivers get it, the same at each attempt.';
COMMENT ON COLUMN awgp.outbox.tenant_id IS 'The tenant; NULL for a notice of the installation.';
COMMENT ON COLUMN awgp.outbox.kind IS 'What has happened: docs/notices.md lists the kinds.';
COMMENT ON COLUMN awgp.outbox.target IS 'Where it goes: a name that the settings route the kind to, and that the file of awgp notify explains.';
COMMENT ON COLUMN awgp.outbox.entity_type IS 'The table of the row that it is about; doctor for an error of the installation.';
COMMENT ON COLUMN awgp.outbox.entity_id IS 'The id of that row; NULL for an error of the installation.';
COMMENT ON COLUMN awgp.outbox.code IS 'The code of the doctor''s finding; NULL for other kinds.';
COMMENT ON COLUMN awgp.outbox.expires_at IS 'For approval_expiring: when the approval expires.';
COMMENT ON COLUMN awgp.outbox.status IS 'waiting; delivered; or dead, a dead letter: it was given up.';
COMMENT ON COLUMN awgp.outbox.attempts IS 'How many attempts have begun.';
COMMENT ON COLUMN awgp.outbox.due_at IS 'When the next attempt may begin. An attempt that runs moves it to the end of its lease.';
COMMENT ON COLUMN awgp.outbox.last_error IS 'Why the last attempt has failed: a code, such as http_500.';
COMMENT ON COLUMN awgp.outbox.settled_at IS 'When it was delivered or given up; NULL while it waits.';
COMMENT ON COLUMN awgp.outbox.created_at IS 'When it was written.';
COMMENT ON CONSTRAINT outbox_pkey ON awgp.outbox IS 'The id identifies the notice.';
COMMENT ON CONSTRAINT outbox_tenant_id_id_key ON awgp.outbox IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT outbox_entity_id_expires_at_key ON awgp.outbox IS 'A target is told once that something expires at this moment.';
COMMENT ON CONSTRAINT outbox_kind_check ON awgp.outbox IS 'The kind is one that docs/notices.md lists.';
COMMENT ON CONSTRAINT outbox_about_check ON awgp.outbox IS 'A notice is about a row of a tenant, or about a finding of the installation.';
COMMENT ON CONSTRAINT outbox_expires_at_check ON awgp.outbox IS 'Only approval_expiring names a moment.';
COMMENT ON CONSTRAINT outbox_status_check ON awgp.outbox IS 'The status is waiting, delivered or dead.';
COMMENT ON CONSTRAINT outbox_settled_at_check ON awgp.outbox IS 'A notice that does not wait was settled at a moment.';
COMMENT ON CONSTRAINT outbox_attempts_check ON awgp.outbox IS 'The number of attempts is not negative.';
COMMENT ON CONSTRAINT outbox_last_error_check ON awgp.outbox IS 'The error is a code of lower-case letters, digits and _: no text of a receiver is stored.';
COMMENT ON CONSTRAINT outbox_tenant_id_fkey ON awgp.outbox IS 'The tenant exists, and cannot be deleted while it has notices.';
COMMENT ON INDEX awgp.idx_outbox_due IS 'The notices of a target that wait, by when they are due.';
COMMENT ON INDEX awgp.idx_outbox_settled IS 'Settled notices by age, for maintenance.';
COMMENT ON INDEX awgp.idx_outbox_tenant IS 'A tenant''s newest notices.';
