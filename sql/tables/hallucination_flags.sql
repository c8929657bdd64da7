-- Detected potential hallucinations, and what the reviewer found.

CREATE TABLE awgp.hallucination_flags (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    work_item_id uuid,
    conversation_log_id uuid,
    detection_method text NOT NULL,
    confidence_score numeric(3,2),
    model text,
    flagged_content text,
    status text NOT NULL DEFAULT 'pending',
    reviewed_by uuid,
    reviewed_at timestamptz,
    notes text,
    content_digest text NOT NULL,
    content_salt bytea,
    content_erased_at timestamptz,
    suspended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT hallucination_flags_pkey PRIMARY KEY (id),
    CONSTRAINT hallucination_flags_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT hallucination_flags_detection_method_check CHECK (pg_catalog.btrim(detection_method) <> ''),
    CONSTRAINT hallucination_flags_confidence_score_check CHECK (confidence_score BETWEEN 0 AND 1),
    CONSTRAINT hallucination_flags_status_check CHECK (status IN ('pending', 'reviewed', 'false_positive', 'confirmed')),
    CONSTRAINT hallucination_flags_reviewed_check CHECK (status = 'pending' OR reviewed_at IS NOT NULL),
    CONSTRAINT hallucination_flags_content_digest_check CHECK (content_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT hallucination_flags_content_salt_check CHECK ((content_salt IS NULL) = (content_erased_at IS NOT NULL)),
    CONSTRAINT hallucination_flags_content_erased_check CHECK (content_erased_at IS NULL OR (flagged_content IS NULL AND notes IS NULL)),
    CONSTRAINT hallucination_flags_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT hallucination_flags_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT hallucination_flags_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT hallucination_flags_conversation_log_id_fkey FOREIGN KEY (tenant_id, assistant_id, conversation_log_id) REFERENCES awgp.conversation_logs (tenant_id, assistant_id, id) ON DELETE RESTRICT,
    CONSTRAINT hallucination_flags_reviewed_by_fkey FOREIGN KEY (tenant_id, reviewed_by) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT
);
-- ANALYZE copies frequent values into pg_statistic, where nothing would ever erase them.
ALTER TABLE awgp.hallucination_flags ALTER COLUMN flagged_content SET STATISTICS 0;
ALTER TABLE awgp.hallucination_flags ALTER COLUMN notes SET STATISTICS 0;
ALTER TABLE awgp.hallucination_flags ALTER COLUMN content_salt SET STATISTICS 0;
-- The queue of a reviewer, and the references of what it points at.
CREATE INDEX idx_hallucination_flags_tenant_status ON awgp.hallucination_flags (tenant_id, status, created_at DESC);
CREATE INDEX idx_hallucination_flags_assistant ON awgp.hallucination_flags (tenant_id, assistant_id);
CREATE INDEX idx_hallucination_flags_work_item ON awgp.hallucination_flags (tenant_id, work_item_id);
CREATE INDEX idx_hallucination_flags_conversation ON awgp.hallucination_flags (tenant_id, conversation_log_id);
CREATE INDEX idx_hallucination_flags_reviewed_by ON awgp.hallucination_flags (tenant_id, reviewed_by);
-- The policy that suspends assistants counts these. The extension reads the index directly, so the
-- assistant comes first.
CREATE INDEX idx_hallucination_flags_confirmed ON awgp.hallucination_flags (assistant_id) WHERE status = 'confirmed' AND suspended_at IS NULL;

COMMENT ON TABLE awgp.hallucination_flags IS 'Statements of assistants that were flagged as potential hallucinations. Who flagged a statement is in the audit trail only.';
COMMENT ON COLUMN awgp.hallucination_flags.id IS 'Id of the flag.';
COMMENT ON COLUMN awgp.hallucination_flags.tenant_id IS 'The tenant of the assistant; never changes.';
COMMENT ON COLUMN awgp.hallucination_flags.assistant_id IS 'The assistant, of the same tenant, that said it.';
COMMENT ON COLUMN awgp.hallucination_flags.work_item_id IS 'The work item, of the same tenant and assistant, it was said in. If it is not given: that of the conversation.';
COMMENT ON COLUMN awgp.hallucination_flags.conversation_log_id IS 'The conversation, of the same tenant and assistant, it was said in.';
COMMENT ON COLUMN awgp.hallucination_flags.detection_method IS 'How it was found: confidence, fact_check, pattern, or one of hallucination_policy.custom_methods in the tenant''s settings.';
COMMENT ON COLUMN awgp.hallucination_flags.confidence_score IS 'How sure the detector is, 0.00 to 1.00; more decimals are rounded.';
COMMENT ON COLUMN awgp.hallucination_flags.model IS 'The model that said it: as given, else that of the conversation, else that of the last entry of the work item in the ledger, else model_config.model of the assistant.';
COMMENT ON COLUMN awgp.hallucination_flags.flagged_content IS 'What was said. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.hallucination_flags.status IS 'pending (not reviewed), reviewed (somebody looked and could not decide), false_positive or confirmed.';
COMMENT ON COLUMN awgp.hallucination_flags.reviewed_by IS 'The user, of the same tenant, who last reviewed it. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flags.reviewed_at IS 'When the flag was last reviewed. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flags.notes IS 'What the reviewer found. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.hallucination_flags.content_digest IS 'HMAC-SHA-256 of flagged_content and notes under content_salt. The audit trail has it in place of the content, and it stays when the content is erased. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flags.content_salt IS 'Key of content_digest: 32 random bytes, erased with the content. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flags.content_erased_at IS 'When flagged_content and notes were erased, together with the conversation they quote. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flags.suspended_at IS 'When this flag helped to suspend the assistant. It does not count towards another suspension. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flags.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.hallucination_flags.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON CONSTRAINT hallucination_flags_pkey ON awgp.hallucination_flags IS 'The id identifies the flag.';
COMMENT ON CONSTRAINT hallucination_flags_tenant_id_id_key ON awgp.hallucination_flags IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT hallucination_flags_detection_method_check ON awgp.hallucination_flags IS 'A flag names its detection method.';
COMMENT ON CONSTRAINT hallucination_flags_confidence_score_check ON awgp.hallucination_flags IS 'A confidence score is 0.00 to 1.00.';
COMMENT ON CONSTRAINT hallucination_flags_status_check ON awgp.hallucination_flags IS 'The status is one of pending, reviewed, false_positive, confirmed.';
COMMENT ON CONSTRAINT hallucination_flags_reviewed_check ON awgp.hallucination_flags IS 'A flag that is no longer pending says when it was reviewed.';
COMMENT ON CONSTRAINT hallucination_flags_content_digest_check ON awgp.hallucination_flags IS 'content_digest is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT hallucination_flags_content_salt_check ON awgp.hallucination_flags IS 'The salt is erased together with the content.';
COMMENT ON CONSTRAINT hallucination_flags_content_erased_check ON awgp.hallucination_flags IS 'An erased flag quotes nothing and has no notes.';
COMMENT ON CONSTRAINT hallucination_flags_tenant_id_fkey ON awgp.hallucination_flags IS 'The tenant exists, and cannot be deleted while it has flags.';
COMMENT ON CONSTRAINT hallucination_flags_assistant_id_fkey ON awgp.hallucination_flags IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT hallucination_flags_work_item_id_fkey ON awgp.hallucination_flags IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT hallucination_flags_conversation_log_id_fkey ON awgp.hallucination_flags IS 'The conversation is one of the same tenant and assistant.';
COMMENT ON CONSTRAINT hallucination_flags_reviewed_by_fkey ON awgp.hallucination_flags IS 'The reviewer is a user of the same tenant.';
COMMENT ON INDEX awgp.idx_hallucination_flags_tenant_status IS 'A reviewer''s queue: a tenant''s newest flags with a status.';
COMMENT ON INDEX awgp.idx_hallucination_flags_assistant IS 'The flags of an assistant; serves its foreign key.';
COMMENT ON INDEX awgp.idx_hallucination_flags_work_item IS 'The flags of a work item; serves its foreign key.';
COMMENT ON INDEX awgp.idx_hallucination_flags_conversation IS 'The flags of a conversation; serves its foreign key.';
COMMENT ON INDEX awgp.idx_hallucination_flags_reviewed_by IS 'The flags that a user reviewed; serves its foreign key.';
COMMENT ON INDEX awgp.idx_hallucination_flags_confirmed IS 'The confirmed flags of an assistant that have not helped to suspend it.';
