-- Open approvals by age and risk. Every combination has a row, with 0 where there is no approval.
WITH open AS (
    SELECT approvals.risk_level, now.moment - approvals.created_at AS age, approvals.expires_at - now.moment AS time_left
    FROM awgp.approvals
    CROSS JOIN (SELECT clock_timestamp() OFFSET 0) AS now (moment)
    WHERE approvals.status IN ('pending', 'escalated') AND approvals.expires_at > now.moment
), counted AS (
    SELECT risk_level, count(*) AS approvals,
           CASE WHEN age < interval '1 hour' THEN 'under_1h' WHEN age < interval '4 hours' THEN '1h_to_4h'
                WHEN age < interval '1 day' THEN '4h_to_1d' WHEN age < interval '3 days' THEN '1d_to_3d'
                ELSE 'over_3d' END AS bucket
    FROM open
    GROUP BY risk_level, bucket
)
SELECT 'awgp_approvals_open', NULL, 'Open approvals of all tenants, by age and requested risk',
       jsonb_build_object('risk', risk.level::text, 'age', bucket.label),
       COALESCE(counted.approvals, 0)::numeric
FROM generate_series(0, 5) AS risk (level)
CROSS JOIN (VALUES ('under_1h'), ('1h_to_4h'), ('4h_to_1d'), ('1d_to_3d'), ('over_3d')) AS bucket (label)
LEFT JOIN counted ON counted.risk_level = risk.level AND counted.bucket = bucket.label
UNION ALL
SELECT 'awgp_approvals_oldest_age_seconds', 'seconds', 'Age of the open approval that waits longest; 0 if none is open',
       '{}', round(COALESCE(EXTRACT(epoch FROM max(age)), 0), 3)
FROM open
UNION ALL
SELECT 'awgp_approvals_expiring', NULL, 'Open approvals that expire within the next hour', '{}',
       count(*) FILTER (WHERE time_left < interval '1 hour')::numeric
FROM open
