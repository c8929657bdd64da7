-- The links at which each lane enters and leaves a sealed partition.

CREATE TABLE awgp.audit_chain_anchors (
    partition_name text NOT NULL,
    tenant_id uuid NOT NULL,
    chain_lane smallint NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    last_hash text NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT audit_chain_anchors_pkey PRIMARY KEY (partition_name, tenant_id, chain_lane),
    CONSTRAINT audit_chain_anchors_seq_check CHECK (first_seq >= 1 AND last_seq >= first_seq),
    CONSTRAINT audit_chain_anchors_hash_check CHECK (last_hash ~ '^[0-9a-f]{64}$')
);
-- Verification asks for the anchors of one lane, in the order of its numbers.
CREATE INDEX idx_audit_chain_anchors_lane ON awgp.audit_chain_anchors (tenant_id, chain_lane, last_seq);

COMMENT ON TABLE awgp.audit_chain_anchors IS 'The first and last link of each lane in each sealed partition. With them the trail verifies after a partition was retired, and a chain that was computed again is found.';
COMMENT ON COLUMN awgp.audit_chain_anchors.partition_name IS 'Name of the sealed partition, without the schema.';
COMMENT ON COLUMN awgp.audit_chain_anchors.tenant_id IS 'The tenant.';
COMMENT ON COLUMN awgp.audit_chain_anchors.chain_lane IS 'The lane of the tenant''s chain.';
COMMENT ON COLUMN awgp.audit_chain_anchors.first_seq IS 'chain_seq of the lane''s first row in the partition.';
COMMENT ON COLUMN awgp.audit_chain_anchors.last_seq IS 'chain_seq of the lane''s last row in the partition.';
COMMENT ON COLUMN awgp.audit_chain_anchors.last_hash IS 'integrity_hash of the lane''s last row in the partition.';
COMMENT ON COLUMN awgp.audit_chain_anchors.sealed_at IS 'When the partition was sealed.';
COMMENT ON CONSTRAINT audit_chain_anchors_pkey ON awgp.audit_chain_anchors IS 'A lane has one anchor for each partition.';
COMMENT ON CONSTRAINT audit_chain_anchors_seq_check ON awgp.audit_chain_anchors IS 'Numbers begin at 1 and ascend.';
COMMENT ON CONSTRAINT audit_chain_anchors_hash_check ON awgp.audit_chain_anchors IS 'A hash is 64 lower-case hex digits.';
COMMENT ON INDEX awgp.idx_audit_chain_anchors_lane IS 'The anchors of one lane, in the order of its numbers.';
