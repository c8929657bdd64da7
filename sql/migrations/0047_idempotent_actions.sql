-- A call of begin_action() that is repeated under its key is one action.

ALTER TABLE awgp.governed_actions
    ADD COLUMN idempotency_key text,
    ADD COLUMN arguments_digest text,
    ADD CONSTRAINT governed_actions_idempotency_key_check CHECK (pg_catalog.length(idempotency_key) BETWEEN 1 AND 200),
    ADD CONSTRAINT governed_actions_arguments_digest_check CHECK ((idempotency_key IS NULL) = (arguments_digest IS NULL));
CREATE UNIQUE INDEX idx_governed_actions_idempotency_key ON awgp.governed_actions (tenant_id, work_item_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
COMMENT ON COLUMN awgp.governed_actions.idempotency_key IS 'The caller''s name for this action: the same one twice, of one work item, is one row.';
COMMENT ON COLUMN awgp.governed_actions.arguments_digest IS 'SHA-256 of what begin_action() was asked under the key: tells a repetition from another question.';
COMMENT ON CONSTRAINT governed_actions_idempotency_key_check ON awgp.governed_actions IS 'An idempotency key has 1 to 200 characters.';
COMMENT ON CONSTRAINT governed_actions_arguments_digest_check ON awgp.governed_actions IS 'A key has the digest of what was asked beside it.';
COMMENT ON INDEX awgp.idx_governed_actions_idempotency_key IS 'A key names one action of the work item.';
