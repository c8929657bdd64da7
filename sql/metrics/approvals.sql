-- Open approvals by age and risk. Every combination has a row, with 0 where there is no approval.
WITH open AS (
    SELECT approvals.risk_level, clock_timestamp() - approvals.created_at AS age,
           approvals.expires_at - clock_timestamp() AS time_left
    FROM awgp.approvals
    WHERE approvals.status IN ('pending', 'escalated') AND approvals.expires_at > clock_timestamp()
), bucket (label, from_age, to_age) AS (
    VALUES ('under_1h', '-infinity'::text, interval '1 hour'),
           ('1h_to_4h', '1 hour', '4 hours'),
           ('4h_to_1d', '4 hours', '1 day'),
           ('1d_to_3d', '1 day', '3 days'),
           ('over_3d', '3 days', interval '1000000 days')
)
SELECT 'awgp_approvals_open', NULL, 'Open approvals of all tenants, by age and requested risk',
       jsonb_build_object('risk', risk.level::text, 'age', bucket.label),
       (SELECT count(*) FROM open
        WHERE open.risk_level = risk.level AND open.age < bucket.to_age
          AND (bucket.from_age = '-infinity' OR open.age >= NULLIF(bucket.from_age, '-infinity')::interval))::numeric
FROM generate_series(0, 5) AS risk (level) CROSS JOIN bucket
UNION ALL
SELECT 'awgp_approvals_oldest_age_seconds', 'seconds', 'Age of the open approval that waits longest; 0 if none is open',
       '{}', round(COALESCE(EXTRACT(epoch FROM max(age)), 0), 3)
FROM open
UNION ALL
SELECT 'awgp_approvals_expiring', NULL, 'Open approvals that expire within the next hour', '{}',
       count(*) FILTER (WHERE time_left < interval '1 hour')::numeric
FROM open
