-- partition_status: the months of the trail and what may be done with each.

CREATE OR REPLACE VIEW awgp.partition_status WITH (security_invoker = true) AS
WITH month (partition_name, relation) AS (
    SELECT pg_class.relname::text, pg_class.oid
    FROM pg_catalog.pg_class
    WHERE pg_class.relnamespace = pg_catalog.to_regnamespace('awgp') AND pg_class.relkind = 'r'
      AND pg_class.relname ~ '^audit_logs_([0-9]{4}_[0-9]{2}|default)$'
    UNION ALL
    SELECT retired.partition_name, NULL::oid AS oid
    FROM awgp.audit_retired_partitions AS retired
    WHERE pg_catalog.to_regclass(pg_catalog.format('awgp.%I', retired.partition_name)) IS NULL
)
SELECT month.partition_name,
       CASE WHEN month.partition_name <> 'audit_logs_default'
            THEN pg_catalog.to_date(pg_catalog.substr(month.partition_name, 12), 'YYYY_MM')::timestamp
                 AT TIME ZONE 'UTC' END AS month_begins,
       CASE WHEN month.partition_name <> 'audit_logs_default'
            THEN (pg_catalog.to_date(pg_catalog.substr(month.partition_name, 12), 'YYYY_MM') + interval '1 month')
                 AT TIME ZONE 'UTC' END AS month_ends,
       CASE WHEN month.partition_name = 'audit_logs_default' THEN 'default'
            WHEN NOT attached.is_attached AND retired.partition_name IS NULL THEN 'detached'
            WHEN NOT attached.is_attached AND month.relation IS NULL THEN 'retired, dropped'
            WHEN NOT attached.is_attached THEN 'retired'
            WHEN retired.restored_at IS NOT NULL THEN 'restored'
            WHEN seal.partition_name IS NOT NULL THEN 'sealed'
            ELSE 'open' END AS state,
       attached.is_attached,
       (SELECT GREATEST(pg_class.reltuples, 0)::bigint FROM pg_catalog.pg_class WHERE pg_class.oid = month.relation)
           AS estimated_rows,
       pg_catalog.pg_total_relation_size(month.relation) AS total_bytes,
       seal.last_sequence_number,
       seal.verified_at,
       COALESCE(awgp.partition_is_checkpointed(month.partition_name), false) AS is_checkpointed,
       (SELECT pg_catalog.count(*)::integer FROM awgp.audit_legal_holds AS hold
        WHERE hold.partition_name = month.partition_name AND hold.released_at IS NULL) AS holds,
       retired.retired_at,
       retired.restored_at,
       awgp.retirement_blocked_by(month.partition_name) AS retirement_blocked_by
FROM month
CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT FROM pg_catalog.pg_inherits
    WHERE pg_inherits.inhparent = pg_catalog.to_regclass('awgp.audit_logs')
      AND pg_inherits.inhrelid = month.relation)) AS attached (is_attached)
LEFT JOIN awgp.audit_log_integrity AS seal ON seal.partition_name = month.partition_name
LEFT JOIN awgp.audit_retired_partitions AS retired ON retired.partition_name = month.partition_name;

COMMENT ON VIEW awgp.partition_status IS 'The months of the audit trail: bounds, size, and whether each is sealed, checkpointed, held or retired. retirement_blocked_by says why it cannot be retired now.';
COMMENT ON COLUMN awgp.partition_status.partition_name IS 'Name of the partition, without the schema.';
COMMENT ON COLUMN awgp.partition_status.month_begins IS 'The first moment of the month; NULL for the default partition.';
COMMENT ON COLUMN awgp.partition_status.month_ends IS 'The first moment after it.';
COMMENT ON COLUMN awgp.partition_status.state IS 'open, sealed, restored, retired (detached by retire_partition()), "retired, dropped" (its table is gone), detached (without retire_partition()), or default.';
COMMENT ON COLUMN awgp.partition_status.is_attached IS 'True if its rows are part of the trail.';
COMMENT ON COLUMN awgp.partition_status.estimated_rows IS 'The planner''s estimate of its rows.';
COMMENT ON COLUMN awgp.partition_status.total_bytes IS 'What it takes on disk, with indexes.';
COMMENT ON COLUMN awgp.partition_status.last_sequence_number IS 'Highest audit id when it was sealed; NULL if it is not sealed.';
COMMENT ON COLUMN awgp.partition_status.verified_at IS 'When it was last verified and sealed; NULL if it is not sealed.';
COMMENT ON COLUMN awgp.partition_status.is_checkpointed IS 'True if signed checkpoints cover every row of it.';
COMMENT ON COLUMN awgp.partition_status.holds IS 'How many legal holds in force name this month. Holds on tenants (hold_tenant_trail) name no month and are not counted; retirement_blocked_by considers them. awgp_admin reads audit_legal_holds.';
COMMENT ON COLUMN awgp.partition_status.retired_at IS 'When it was last retired; NULL: never.';
COMMENT ON COLUMN awgp.partition_status.restored_at IS 'When it was restored; NULL: it was not.';
COMMENT ON COLUMN awgp.partition_status.retirement_blocked_by IS 'Why retire_partition() would refuse the partition now, as a reason; NULL if it would not.';

REVOKE ALL ON awgp.partition_status FROM PUBLIC;
GRANT SELECT ON awgp.partition_status TO awgp_auditor, awgp_maintainer;
