-- What an erasure has erased of the trail: month, number, and the digest of the commitments. $1 is the
-- tenant, $2 the id of its event.
SELECT 'audit_logs_' || to_char(chained_at AT TIME ZONE 'UTC', 'YYYY_MM'), count(*),
       encode(sha256(convert_to(string_agg(commitment, '' ORDER BY commitment COLLATE "C"), 'UTF8')), 'hex')
FROM awgp.audit_erasable_values
WHERE tenant_id = $1 AND erasure_id = $2
GROUP BY 1
ORDER BY 1
