-- Commitments of the trail whose value is gone without an erasure, and what says that it was erased and is
-- not what the erasure's event names. $1: the tenants, NULL for all; $2: the partition, NULL for all; $3:
-- whether an event may have commitments, without which the trail is not read. Kind, tenant, partition, lane,
-- number, id, detail. Values of a month that was retired have left with it, also
-- where its events were restored. Not for a copy, which has no values.
WITH retired AS (
    SELECT partition_name FROM awgp.audit_retired_partitions
), expected AS (
    SELECT event.tenant_id, event.id, event.chain_lane, event.chain_seq, part.relname, named.place,
           CASE split_part(named.place, '.', 1)
               WHEN 'before_state' THEN event.before_state
               WHEN 'after_state' THEN event.after_state
               WHEN 'metadata' THEN event.metadata
           END #>> ARRAY[substr(named.place, strpos(named.place, '.') + 1), 'erasable', 'hmac'] AS commitment
    FROM awgp.audit_logs AS event
    JOIN pg_catalog.pg_class AS part ON part.oid = event.tableoid
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(event.metadata -> 'erasable') WHEN 'array' THEN event.metadata -> 'erasable' ELSE '[]' END)
        AS named (place)
    WHERE $3::boolean AND event.metadata ? 'erasable'
      AND ($1::uuid[] IS NULL OR event.tenant_id = ANY ($1)) AND ($2::text IS NULL OR part.relname = $2)
      AND part.relname NOT IN (SELECT partition_name FROM retired)
)
SELECT 'erasable_value_missing' AS kind, expected.tenant_id, expected.relname::text AS partition_name,
       expected.chain_lane, expected.chain_seq, expected.id AS audit_id,
       format('%s has a commitment to a value that is not there, and no erasure is on record', expected.place) AS detail
FROM expected
WHERE expected.commitment ~ '^[0-9a-f]{64}$'
  AND NOT EXISTS (SELECT FROM awgp.audit_erasable_values AS held
                  WHERE held.tenant_id = expected.tenant_id AND held.commitment = expected.commitment)
UNION ALL
SELECT 'erasable_value_missing', gone.tenant_id, gone.month, NULL, NULL, gone.erasure_id,
       format('%s values are said to be erased by event %s, and that event does not name them', gone.count, gone.erasure_id)
FROM (SELECT held.tenant_id, held.erasure_id, month.name AS month, count(*) AS count,
             max('audit_logs_' || to_char(held.erased_at AT TIME ZONE 'UTC', 'YYYY_MM')) AS erased_in,
             encode(sha256(convert_to(string_agg(held.commitment, '' ORDER BY held.commitment COLLATE "C"), 'UTF8')), 'hex') AS sha256
      FROM awgp.audit_erasable_values AS held
      CROSS JOIN LATERAL (SELECT 'audit_logs_' || to_char(held.chained_at AT TIME ZONE 'UTC', 'YYYY_MM')) AS month (name)
      WHERE held.erasure_id IS NOT NULL AND ($1::uuid[] IS NULL OR held.tenant_id = ANY ($1))
        AND ($2::text IS NULL OR month.name = $2)
      GROUP BY held.tenant_id, held.erasure_id, month.name) AS gone
WHERE
  -- The event of the erasure may have left with its month.
  NOT EXISTS (SELECT FROM retired WHERE retired.partition_name = gone.erased_in)
  -- What log_event() has written is no erasure.
  AND NOT EXISTS (SELECT FROM awgp.audit_logs AS erasure
                  WHERE erasure.tenant_id = gone.tenant_id AND erasure.id = gone.erasure_id
                    AND erasure.action = 'erase' AND erasure.entity_type IN ('users', 'audit_erasable_values')
                    AND NOT erasure.metadata ? 'origin'
                    AND erasure.after_state #>> ARRAY['values', gone.month, 'sha256'] = gone.sha256)
ORDER BY 2, 4, 5, 6
