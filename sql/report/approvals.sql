-- What became of the approvals that were requested in the month, and how long people took to decide, in
-- seconds.
WITH asked AS (
    SELECT CASE WHEN approvals.break_glass THEN 'given by break-glass'
                WHEN approvals.status IN ('approved', 'rejected') THEN approvals.status
                WHEN approvals.withdrawn_at IS NOT NULL THEN 'withdrawn'
                WHEN approvals.status = 'expired' OR approvals.expires_at <= clock_timestamp() THEN 'expired'
                ELSE 'open' END AS outcome,
           EXTRACT(epoch FROM (
               SELECT max(vote.decided_at) FROM awgp.approval_decisions AS vote
               WHERE vote.tenant_id = approvals.tenant_id AND vote.approval_id = approvals.id
                 AND approvals.status IN ('approved', 'rejected')) - approvals.created_at) AS seconds
    FROM awgp.approvals
    WHERE approvals.tenant_id = ANY ($1)
      AND approvals.created_at >= $2::timestamp AT TIME ZONE $3
      AND approvals.created_at < ($2::timestamp + interval '1 month') AT TIME ZONE $3
)
SELECT kind.outcome, count(asked.outcome) AS approvals,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY asked.seconds))::numeric, 0)::bigint AS median_seconds,
       round((percentile_cont(0.9) WITHIN GROUP (ORDER BY asked.seconds))::numeric, 0)::bigint AS slowest_tenth_seconds,
       round(max(asked.seconds), 0)::bigint AS longest_seconds
FROM unnest(ARRAY['approved', 'rejected', 'given by break-glass', 'expired', 'withdrawn', 'open'])
     WITH ORDINALITY AS kind (outcome, place)
LEFT JOIN asked ON asked.outcome = kind.outcome
GROUP BY kind.outcome, kind.place
ORDER BY kind.place
