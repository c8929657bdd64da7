-- Months that are said to be retired, and of whose retirement the trail has no record. The record
-- may lie in a month that was retired itself. Kind, partition, detail.
WITH retired (name, month) AS (
    SELECT partition_name, to_char(retired_at AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM')
    FROM awgp.audit_retired_partitions WHERE restored_at IS NULL
)
SELECT 'missing_partition', name, 'it is said to be retired, and the trail has no record of that'
FROM retired
WHERE month NOT IN (SELECT retired.name FROM retired)
  AND NOT EXISTS (
    SELECT FROM awgp.audit_logs
    WHERE tenant_id IN (SELECT id FROM awgp.installation UNION ALL SELECT previous_id FROM awgp.audit_adoptions)
      AND entity_type = 'partition' AND action = 'retire_partition' AND metadata ->> 'origin' IS NULL AND after_state ->> 'partition_name' = name)
ORDER BY 2
