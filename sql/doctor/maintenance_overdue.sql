-- Maintenance has not run for two days, or never in the two days that AWGP is here.
SELECT 'awgp.maintenance_steps',
       CASE WHEN last_run_at IS NULL THEN format('maintenance has never run; AWGP was installed at %s', installed_at)
            ELSE format('maintenance ran last at %s', last_run_at) END,
       'SELECT awgp.run_maintenance();'
FROM awgp.installation, (SELECT max(last_run_at) FROM awgp.maintenance_steps) AS step (last_run_at)
WHERE COALESCE(last_run_at, installed_at) < now() - interval '2 days'
