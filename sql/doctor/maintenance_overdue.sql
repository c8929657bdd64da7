-- Maintenance has run, and not for two days. (One that never ran shows by what it leaves undone.)
SELECT 'awgp.maintenance_steps', format('maintenance ran last at %s', max(last_run_at)),
       'SELECT awgp.run_maintenance();'
FROM awgp.maintenance_steps
HAVING max(last_run_at) < now() - interval '2 days'
