-- Months of the trail that were made: a month that was made and is not there is missing.

CREATE TABLE awgp.audit_partitions (
    partition_name text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT audit_partitions_pkey PRIMARY KEY (partition_name),
    CONSTRAINT audit_partitions_name_check CHECK (partition_name ~ '^audit_logs_[0-9]{4}_[0-9]{2}$')
);

COMMENT ON TABLE awgp.audit_partitions IS 'The monthly partitions of audit_logs that were created. Verification reports one that is missing.';
COMMENT ON COLUMN awgp.audit_partitions.partition_name IS 'Name of the partition, without the schema.';
COMMENT ON COLUMN awgp.audit_partitions.made_at IS 'When it was first created.';
COMMENT ON CONSTRAINT audit_partitions_pkey ON awgp.audit_partitions IS 'Each partition is listed once.';
COMMENT ON CONSTRAINT audit_partitions_name_check ON awgp.audit_partitions IS 'Only names of monthly partitions.';
