-- Months that have been over for three days and are not sealed.
SELECT format('awgp.%I', relname), 'the month has been over for days, and is not sealed',
       format('SELECT awgp.seal_partition(%L);', relname)
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = to_regclass('awgp.audit_logs') AND relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
  AND to_date(substr(relname, 12), 'YYYY_MM') + interval '1 month 3 days' < now() AT TIME ZONE 'UTC'
  AND NOT EXISTS (SELECT FROM awgp.audit_log_integrity WHERE partition_name = relname)
ORDER BY relname
