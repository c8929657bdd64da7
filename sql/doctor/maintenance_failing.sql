-- Steps of maintenance whose last run did not do all that was due.
SELECT format('maintenance step %s', step),
       format('it did not succeed when it ran last, at %s; before that at %s', last_run_at,
              coalesce(last_success_at::text, 'no time')),
       'SELECT awgp.run_maintenance();'
FROM awgp.maintenance_steps
WHERE last_success_at IS DISTINCT FROM last_run_at
ORDER BY step
