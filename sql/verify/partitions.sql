-- Months that were made or sealed and have no partition, partitions that stand detached, and those
-- whose bounds are not their name's; retired months may be away. Kind, partition, detail.
WITH attached (oid, name, bounds) AS (
    SELECT pg_class.oid, relname::text, pg_get_expr(relpartbound, pg_class.oid)
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass('awgp.audit_logs') AND relname <> 'audit_logs_default' AND NOT inhdetachpending
), expected (name) AS (
    SELECT partition_name FROM awgp.audit_partitions
    UNION
    -- A name with an install id before it is a month of the installation that a family came from.
    SELECT partition_name FROM awgp.audit_chain_anchors WHERE partition_name NOT LIKE '%/%'
), retired (name) AS (
    SELECT partition_name FROM awgp.audit_retired_partitions WHERE restored_at IS NULL
)
SELECT 'missing_partition', name,
       CASE WHEN to_regclass(format('awgp.%I', name)) IS NULL THEN 'the partition is not there'
            ELSE 'the partition is not attached to awgp.audit_logs' END
FROM expected
WHERE name NOT IN (SELECT attached.name FROM attached) AND name NOT IN (SELECT retired.name FROM retired)
UNION ALL
SELECT 'missing_partition', relname::text, 'the partition is not attached to awgp.audit_logs'
FROM pg_class
WHERE relnamespace = 'awgp'::regnamespace AND relkind = 'r' AND NOT relispartition
  AND relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
  AND relname NOT IN (SELECT expected.name FROM expected) AND relname NOT IN (SELECT retired.name FROM retired)
UNION ALL
SELECT 'swapped_partition', name, format('its bounds are %s', bounds)
FROM attached
WHERE name !~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
   OR bounds IS DISTINCT FROM format(
       'FOR VALUES FROM (%L) TO (%L)',
       (to_date(substr(name, 12), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC')::text,
       ((to_date(substr(name, 12), 'YYYY_MM') + interval '1 month')::timestamp AT TIME ZONE 'UTC')::text)
ORDER BY 2, 3
