-- The current month and the next one have their partitions.
SELECT format('awgp.%I', to_char(month, '"audit_logs_"YYYY_MM')),
       'there is no partition for this month: its audit rows go to the default partition',
       'SELECT awgp.ensure_partitions(3);'
FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                     date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', interval '1 month') AS month
WHERE to_regclass(format('awgp.%I', to_char(month, '"audit_logs_"YYYY_MM'))) IS NULL
  AND to_regclass('awgp.audit_logs') IS NOT NULL
ORDER BY month
