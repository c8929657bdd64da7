-- How far checkpoints, signatures, seals and partitions of the trail are behind or ahead. It reads the first
-- event after each tenant's last checkpoint by an index, and no more of the trail.
WITH chain AS (
    SELECT tenants.id, tenants.created_at FROM awgp.tenants
    UNION ALL
    SELECT installation.id, '-infinity' FROM awgp.installation
), covered AS (
    SELECT chain.id, chain.created_at, made.made_at, signed.made_at AS signed_to
    FROM chain
    LEFT JOIN LATERAL (
        SELECT point.made_at FROM awgp.audit_checkpoints AS point
        WHERE point.tenant_id = chain.id ORDER BY point.tree_size DESC LIMIT 1) AS made ON true
    LEFT JOIN LATERAL (
        SELECT point.made_at FROM awgp.audit_checkpoints AS point
        WHERE point.tenant_id = chain.id AND point.signed_at IS NOT NULL
        ORDER BY point.tree_size DESC LIMIT 1) AS signed ON true
), waiting AS (
    -- A tenant's first event is that it was made. The installation's own chain counts from its first
    -- checkpoint on.
    SELECT CASE WHEN made_at IS NULL THEN NULLIF(created_at, '-infinity')
                ELSE (SELECT event."timestamp" FROM awgp.audit_logs AS event
                      WHERE event.tenant_id = covered.id AND event."timestamp" > covered.made_at
                      ORDER BY event."timestamp" LIMIT 1) END AS unchecked_since,
           CASE WHEN signed_to IS NULL THEN NULLIF(created_at, '-infinity')
                ELSE (SELECT event."timestamp" FROM awgp.audit_logs AS event
                      WHERE event.tenant_id = covered.id AND event."timestamp" > covered.signed_to
                      ORDER BY event."timestamp" LIMIT 1) END AS unsigned_since
    FROM covered
), month AS (
    SELECT to_date(substr(pg_class.relname, 12), 'YYYY_MM')::timestamp AS first, pg_class.relname::text AS name
    FROM pg_inherits JOIN pg_class ON pg_class.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = to_regclass('awgp.audit_logs')
      AND pg_class.relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
), unsealed AS (
    SELECT clock_timestamp() AT TIME ZONE 'UTC' - (month.first + interval '1 month') AS lag
    FROM month
    WHERE month.first + interval '1 month' <= clock_timestamp() AT TIME ZONE 'UTC'
      AND NOT EXISTS (SELECT FROM awgp.audit_log_integrity AS seal WHERE seal.partition_name = month.name)
)
SELECT 'awgp_audit_checkpoint_lag_seconds', 'seconds',
       'Age of the oldest event that is in no checkpoint, over all tenants; 0 if every event is in one', '{}'::jsonb,
       round(COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(unchecked_since)), 0), 3)
FROM waiting
UNION ALL
SELECT 'awgp_audit_signature_lag_seconds', 'seconds',
       'Age of the oldest event that is in no signed checkpoint, over all tenants; 0 if every event is in one', '{}',
       round(COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(unsigned_since)), 0), 3)
FROM waiting
UNION ALL
SELECT 'awgp_audit_chains', NULL, 'Chains of tenants and of the installation, by the best checkpoint they have',
       jsonb_build_object('checkpoint', kind.label),
       (SELECT count(*) FROM covered
        WHERE kind.label = CASE WHEN signed_to IS NOT NULL THEN 'signed' WHEN made_at IS NOT NULL THEN 'unsigned'
                                ELSE 'never' END)::numeric
FROM (VALUES ('signed'), ('unsigned'), ('never')) AS kind (label)
UNION ALL
SELECT 'awgp_audit_seal_lag_seconds', 'seconds',
       'Time since the end of the oldest month that is over and not sealed; 0 if all are sealed', '{}',
       round(COALESCE(EXTRACT(epoch FROM max(lag)), 0), 3)
FROM unsealed
UNION ALL
SELECT 'awgp_audit_unsealed_months', NULL, 'Months of the trail that are over and not sealed', '{}', count(*)::numeric
FROM unsealed
UNION ALL
SELECT 'awgp_audit_partitions_ahead', NULL,
       'Months after this one that have a partition, without a gap; -1 if this month has none', '{}',
       count(*)::numeric - 1
FROM (SELECT month.first, this.first AS from_month, row_number() OVER (ORDER BY month.first) - 1 AS place
      FROM month
      CROSS JOIN (SELECT date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')) AS this (first)
      WHERE month.first >= this.first) AS numbered
WHERE first = from_month + make_interval(months => place::integer)
UNION ALL
SELECT 'awgp_audit_default_partition_used', NULL,
       '1 if events of a month without a partition are in the default partition, else 0', '{}',
       (EXISTS (SELECT FROM awgp.audit_logs_default))::integer::numeric
