-- Seals: what was true of a partition when it was sealed.

CREATE TABLE awgp.audit_log_integrity (
    id serial NOT NULL,
    partition_name text NOT NULL,
    last_sequence_number bigint NOT NULL,
    cumulative_hash text NOT NULL,
    verified_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT audit_log_integrity_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_integrity_partition_name_key UNIQUE (partition_name)
);

COMMENT ON TABLE awgp.audit_log_integrity IS 'Seals: one row for each sealed partition.';
COMMENT ON COLUMN awgp.audit_log_integrity.id IS 'Id of the seal.';
COMMENT ON COLUMN awgp.audit_log_integrity.partition_name IS 'Name of the partition, without the schema.';
COMMENT ON COLUMN awgp.audit_log_integrity.last_sequence_number IS 'Highest audit_logs.id in the partition.';
COMMENT ON COLUMN awgp.audit_log_integrity.cumulative_hash IS 'Root over the heads of the partition''s lanes, in hex.';
COMMENT ON COLUMN awgp.audit_log_integrity.verified_at IS 'When the partition was last verified and sealed.';
COMMENT ON CONSTRAINT audit_log_integrity_pkey ON awgp.audit_log_integrity IS 'The id identifies the seal.';
COMMENT ON CONSTRAINT audit_log_integrity_partition_name_key ON awgp.audit_log_integrity IS 'A partition has one seal.';
COMMENT ON SEQUENCE awgp.audit_log_integrity_id_seq IS 'Gives audit_log_integrity.id.';
