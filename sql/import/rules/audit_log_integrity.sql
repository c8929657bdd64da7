-- The old chain, as far as the seed describes it: the last row that a seal names is there, and where seals
-- have the hash of their last row at all, each has it.
WITH month AS (
    SELECT l.id, l.integrity_hash, to_char(l."timestamp" AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM') AS name
    FROM seed.audit_logs AS l
),
seal AS (
    SELECT i.partition_name, i.last_sequence_number, i.cumulative_hash, last.integrity_hash
    FROM seed.audit_log_integrity AS i
    LEFT JOIN month AS last ON last.id = i.last_sequence_number AND last.name = i.partition_name
)
SELECT s.partition_name AS row_id, 'last_sequence_number' AS column_name, 'old_rows_missing' AS reason,
       format('row %s is not in that month', s.last_sequence_number) AS detail, 'warning' AS severity
FROM seal AS s
WHERE s.integrity_hash IS NULL AND s.last_sequence_number > 0
UNION ALL
SELECT s.partition_name, 'cumulative_hash', 'old_seal_broken',
       format('row %s has another hash', s.last_sequence_number), 'warning'
FROM seal AS s
WHERE s.integrity_hash <> s.cumulative_hash
  AND EXISTS (SELECT FROM seal AS fits WHERE fits.integrity_hash = fits.cumulative_hash)
