-- Tables that applications may use and that have no policy: row-level security denies everything there.
SELECT format('awgp.%I', relname),
       'the table has no policy: nobody whom row-level security binds sees a row',
       'SELECT awgp.install(force => true);'
FROM pg_class
WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname !~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
  AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)
ORDER BY relname
