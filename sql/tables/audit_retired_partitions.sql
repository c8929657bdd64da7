-- Months that were taken out of the trail: their rows are lawfully not there.

CREATE TABLE awgp.audit_retired_partitions (
    partition_name text NOT NULL,
    retired_at timestamptz NOT NULL,
    retired_by text NOT NULL,
    retention_days integer NOT NULL,
    restored_at timestamptz,
    CONSTRAINT audit_retired_partitions_pkey PRIMARY KEY (partition_name),
    CONSTRAINT audit_retired_partitions_name_check CHECK (partition_name ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'),
    CONSTRAINT audit_retired_partitions_restored_check CHECK (restored_at >= retired_at)
);

COMMENT ON TABLE awgp.audit_retired_partitions IS 'Monthly partitions that were retired. Their tables are detached; their anchors stay, so that the rest of the trail verifies.';
COMMENT ON COLUMN awgp.audit_retired_partitions.partition_name IS 'Name of the partition, without the schema.';
COMMENT ON COLUMN awgp.audit_retired_partitions.retired_at IS 'When it was last retired.';
COMMENT ON COLUMN awgp.audit_retired_partitions.retired_by IS 'The login role that retired it.';
COMMENT ON COLUMN awgp.audit_retired_partitions.retention_days IS 'The setting awgp.audit_retention when it was retired.';
COMMENT ON COLUMN awgp.audit_retired_partitions.restored_at IS 'When it was restored; NULL while it is not part of the trail.';
COMMENT ON CONSTRAINT audit_retired_partitions_pkey ON awgp.audit_retired_partitions IS 'Each partition is listed once.';
COMMENT ON CONSTRAINT audit_retired_partitions_name_check ON awgp.audit_retired_partitions IS 'Only names of monthly partitions.';
COMMENT ON CONSTRAINT audit_retired_partitions_restored_check ON awgp.audit_retired_partitions IS 'A partition is restored after it was retired.';
