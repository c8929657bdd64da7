-- The month and the eleven before it: events of these tenants, and whether the month is sealed, signed and
-- verified. A sealed month is counted from the ends that its seal recorded, an unsealed one event by event.
WITH month AS (
    SELECT first, to_char(first, '"audit_logs_"YYYY_MM') AS name,
           first AT TIME ZONE 'UTC' AS starts_at, (first + interval '1 month') AT TIME ZONE 'UTC' AS ends_at
    FROM generate_series($2::timestamp - interval '11 months', $2::timestamp, interval '1 month') AS first
), ends AS (
    SELECT partition_name, sum(last_seq - first_seq + 1) AS events
    FROM awgp.audit_chain_anchors WHERE tenant_id = ANY ($1) GROUP BY partition_name
)
SELECT to_char(month.first, 'YYYY-MM') AS month,
       (CASE WHEN seal.partition_name IS NOT NULL OR retired.partition_name IS NOT NULL THEN COALESCE(ends.events, 0)
             ELSE (SELECT count(*) FROM awgp.audit_logs AS event
                   WHERE event.tenant_id = ANY ($1)
                     AND event."timestamp" >= month.starts_at AND event."timestamp" < month.ends_at) END)::bigint AS events,
       CASE WHEN retired.partition_name IS NOT NULL AND retired.restored_at IS NULL THEN 'retired'
            WHEN seal.partition_name IS NOT NULL THEN 'sealed'
            WHEN month.ends_at > clock_timestamp() THEN 'still open'
            ELSE 'not sealed' END AS state,
       to_char(seal.verified_at AT TIME ZONE $3, 'YYYY-MM-DD HH24:MI') AS verified_at,
       notes.made AS checkpoints, notes.signed,
       to_char(notes.last_signed_at AT TIME ZONE $3, 'YYYY-MM-DD HH24:MI') AS last_signed_at
FROM month
LEFT JOIN ends ON ends.partition_name = month.name
LEFT JOIN awgp.audit_log_integrity AS seal ON seal.partition_name = month.name
LEFT JOIN awgp.audit_retired_partitions AS retired ON retired.partition_name = month.name
CROSS JOIN LATERAL (
    SELECT count(*) AS made, count(point.signed_at) AS signed, max(point.signed_at) AS last_signed_at
    FROM awgp.audit_checkpoints AS point
    WHERE point.tenant_id = ANY ($1) AND point.made_at >= month.starts_at AND point.made_at < month.ends_at) AS notes
WHERE EXISTS (SELECT FROM awgp.audit_partitions AS made WHERE made.partition_name = month.name)
ORDER BY month.first
