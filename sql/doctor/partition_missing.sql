-- The current month and the next one have their partitions, and what has a month's name is one.
WITH month (name, first) AS (
    SELECT to_char(month, '"audit_logs_"YYYY_MM'), month
    FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                         date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', interval '1 month') AS month
), taken (name, first, relation, relkind, is_ours) AS (
    SELECT name, first, pg_class.oid, relkind,
           -- Detached: it has the columns of the trail, whatever their order.
           relkind = 'r' AND NOT relispartition AND NOT EXISTS (
               SELECT FROM pg_attribute AS wanted
               WHERE wanted.attrelid = to_regclass('awgp.audit_logs') AND wanted.attnum > 0 AND NOT wanted.attisdropped
                 AND NOT EXISTS (
                     SELECT FROM pg_attribute AS found
                     WHERE found.attrelid = pg_class.oid AND found.attname = wanted.attname
                       AND found.atttypid = wanted.atttypid AND NOT found.attisdropped))
    FROM month LEFT JOIN pg_class ON relname = name AND relnamespace = 'awgp'::regnamespace
)
SELECT format('awgp.%I', name),
       CASE WHEN relation IS NULL THEN 'there is no partition for this month'
            WHEN is_ours THEN 'the partition of this month is not attached'
            ELSE 'something else has the name of this month''s partition' END
       || ': its audit rows go to the default partition',
       CASE WHEN relation IS NULL THEN 'SELECT awgp.ensure_partitions(3);'
            WHEN is_ours THEN format('ALTER TABLE awgp.audit_logs ATTACH PARTITION awgp.%I FOR VALUES FROM (%L) TO (%L);', name,
                                     to_char(first, 'YYYY-MM-DD"T00:00:00Z"'),
                                     to_char(first + interval '1 month', 'YYYY-MM-DD"T00:00:00Z"'))
            ELSE format('ALTER %s awgp.%I RENAME TO %I; SELECT awgp.ensure_partitions(3);',
                        CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                                     WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' WHEN 'i' THEN 'INDEX'
                                     WHEN 'I' THEN 'INDEX' ELSE 'TABLE' END,
                        name, name || '_aside') END
FROM taken
WHERE to_regclass('awgp.audit_logs') IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_inherits
                  WHERE inhparent = to_regclass('awgp.audit_logs') AND inhrelid = relation AND NOT inhdetachpending)
ORDER BY name
