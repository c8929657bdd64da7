-- Targets whose notices have been due for a quarter of an hour: nobody delivers them, or not fast enough.
SELECT format('target %s', target),
       format('%s notice%s waited for more than 15 minutes, the oldest since %s', count(*),
              CASE WHEN count(*) = 1 THEN ' has' ELSE 's have' END, min(due_at)),
       'Run `awgp notify`, with a file that has this target.'
FROM awgp.outbox
WHERE status = 'waiting' AND due_at < now() - interval '15 minutes'
GROUP BY target
ORDER BY target
