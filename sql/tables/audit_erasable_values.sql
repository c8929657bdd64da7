-- The values of the trail that can be erased, each with the salt of its commitment.

CREATE TABLE awgp.audit_erasable_values (
    tenant_id uuid NOT NULL,
    commitment text NOT NULL,
    audit_id bigint NOT NULL,
    chained_at timestamptz NOT NULL,
    entity_type text NOT NULL,
    member text NOT NULL,
    subject text,
    salt bytea,
    value jsonb,
    erased_at timestamptz,
    erasure_id bigint,
    CONSTRAINT audit_erasable_values_pkey PRIMARY KEY (tenant_id, commitment),
    CONSTRAINT audit_erasable_values_commitment_check CHECK (commitment ~ '^[0-9a-f]{64}$'),
    CONSTRAINT audit_erasable_values_erased_check CHECK (
        (erased_at IS NULL) = (erasure_id IS NULL)
        AND (salt IS NULL) = (erased_at IS NOT NULL) AND (value IS NULL) = (erased_at IS NOT NULL)
        AND (erased_at IS NULL OR subject IS NULL))
);
CREATE INDEX idx_audit_erasable_values_subject ON awgp.audit_erasable_values (tenant_id, subject)
    WHERE subject IS NOT NULL;
CREATE INDEX idx_audit_erasable_values_erasure ON awgp.audit_erasable_values (tenant_id, erasure_id)
    WHERE erasure_id IS NOT NULL;
-- Values leave with their month.
CREATE INDEX idx_audit_erasable_values_chained ON awgp.audit_erasable_values (chained_at);
-- ANALYZE samples values into pg_statistic, where an erasure would not reach them.
ALTER TABLE awgp.audit_erasable_values
    ALTER COLUMN subject SET STATISTICS 0, ALTER COLUMN salt SET STATISTICS 0, ALTER COLUMN value SET STATISTICS 0;

COMMENT ON TABLE awgp.audit_erasable_values IS 'The values of the trail that can be erased: an event has a commitment in place of each. A row whose value was erased stays until its month is retired.';
COMMENT ON COLUMN awgp.audit_erasable_values.tenant_id IS 'The tenant of the event; an install id for an event of no tenant.';
COMMENT ON COLUMN awgp.audit_erasable_values.commitment IS 'What the event has in place of the value: HMAC-SHA-256 under the salt, in hex, as docs/erasure.md describes it.';
COMMENT ON COLUMN awgp.audit_erasable_values.audit_id IS 'The id of the event; if a value is in both of its states, it is here once.';
COMMENT ON COLUMN awgp.audit_erasable_values.chained_at IS 'The timestamp of the event, which decides the month.';
COMMENT ON COLUMN awgp.audit_erasable_values.entity_type IS 'The entity_type of the event.';
COMMENT ON COLUMN awgp.audit_erasable_values.member IS 'The name of the member of the state, or of metadata.';
COMMENT ON COLUMN awgp.audit_erasable_values.subject IS 'Whose the value is: the id of a user, or what the subject column of a tracked table has. NULL: nobody''s, or erased.';
COMMENT ON COLUMN awgp.audit_erasable_values.salt IS 'The 32 random bytes under which the commitment was made; NULL: erased.';
COMMENT ON COLUMN awgp.audit_erasable_values.value IS 'The value; NULL: erased.';
COMMENT ON COLUMN awgp.audit_erasable_values.erased_at IS 'When it was erased; NULL: it is there.';
COMMENT ON COLUMN awgp.audit_erasable_values.erasure_id IS 'The id of the event of the erasure, which has the digest of all commitments that it erased.';
COMMENT ON CONSTRAINT audit_erasable_values_pkey ON awgp.audit_erasable_values IS 'A commitment identifies the value: no two salts are the same.';
COMMENT ON CONSTRAINT audit_erasable_values_commitment_check ON awgp.audit_erasable_values IS 'A commitment is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT audit_erasable_values_erased_check ON awgp.audit_erasable_values IS 'Value, salt and subject leave together, and only with an erasure.';
COMMENT ON INDEX awgp.idx_audit_erasable_values_subject IS 'The values of one person.';
COMMENT ON INDEX awgp.idx_audit_erasable_values_erasure IS 'What one erasure has erased.';
COMMENT ON INDEX awgp.idx_audit_erasable_values_chained IS 'The values of a month.';
