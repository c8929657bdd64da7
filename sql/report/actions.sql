-- Actions of the month: those that were allowed, by their end, and those that were denied, by reason.
SELECT 'allowed' AS decision,
       CASE status WHEN 'begun' THEN 'not finished yet' ELSE status END AS reason,
       count(*) AS actions
FROM awgp.governed_actions
WHERE tenant_id = ANY ($1)
  AND begun_at >= $2::timestamp AT TIME ZONE $3 AND begun_at < ($2::timestamp + interval '1 month') AT TIME ZONE $3
GROUP BY status
UNION ALL
SELECT 'denied', COALESCE(after_state ->> 'reason', 'unknown'), count(*)
FROM awgp.audit_logs
WHERE tenant_id = ANY ($1) AND action = 'action.denied' AND metadata ->> 'origin' IS NULL
  AND "timestamp" >= $2::timestamp AT TIME ZONE $3
  AND "timestamp" < ($2::timestamp + interval '1 month') AT TIME ZONE $3
GROUP BY after_state ->> 'reason'
ORDER BY 1, 3 DESC, 2
