-- Notices that wait, and those that were given up. What was delivered is not counted.
SELECT 'awgp_outbox_notices', NULL, 'Notices that wait to be delivered (waiting) or were given up (dead)',
       jsonb_build_object('status', kind.status), count(outbox.id)::numeric
FROM (VALUES ('waiting'), ('dead')) AS kind (status)
LEFT JOIN awgp.outbox ON outbox.status = kind.status
GROUP BY kind.status
UNION ALL
SELECT 'awgp_outbox_lag_seconds', 'seconds', 'Age of the notice that has waited longest; 0 if none waits', '{}',
       round(COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(created_at)), 0), 3)
FROM awgp.outbox
WHERE status = 'waiting'
