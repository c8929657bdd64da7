-- Notices that were given up, by target.
SELECT format('target %s', target),
       format('%s dead letter%s, the last at %s: %s', count(*), CASE WHEN count(*) <> 1 THEN 's' END, max(settled_at),
              (array_agg(last_error ORDER BY settled_at DESC))[1]),
       format('SELECT awgp.retry_notices(%L); -- once the target works again', target)
FROM awgp.outbox
WHERE status = 'dead'
GROUP BY target
ORDER BY target
