-- When each step of maintenance last ran and last succeeded, by the background worker or a scheduled job.
SELECT number.name, number.unit, number.help, jsonb_build_object('step', step.name), number.value
FROM awgp.maintenance_steps() AS step (name)
LEFT JOIN awgp.maintenance_steps AS last ON last.step = step.name
CROSS JOIN LATERAL (VALUES
    ('awgp_maintenance_last_run_timestamp_seconds', 'seconds', 'When the step last ran, in seconds since 1970; 0: never',
     round(COALESCE(EXTRACT(epoch FROM last.last_run_at), 0), 3)),
    ('awgp_maintenance_last_success_timestamp_seconds', 'seconds',
     'When the step last did all that was due, in seconds since 1970; 0: never',
     round(COALESCE(EXTRACT(epoch FROM last.last_success_at), 0), 3)),
    ('awgp_maintenance_step_failed', NULL, '1 if the last run of the step failed, else 0',
     (last.step IS NOT NULL AND last.last_success_at IS DISTINCT FROM last.last_run_at)::integer::numeric)
) AS number (name, unit, help, value)
