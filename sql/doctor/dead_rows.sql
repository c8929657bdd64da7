-- Tables of AWGP of which more is dead than autovacuum should let stand. By its defaults it begins
-- where a fifth of the rows is dead; half as many dead rows as live ones, and ten thousand, are more
-- than it leaves by itself.
SELECT format('awgp.%I', relname),
       format('%s rows are dead beside %s that are not, in %s; %s. %s', n_dead_tup, n_live_tup,
              pg_size_pretty(pg_table_size(relid)),
              COALESCE('vacuumed last at ' || date_trunc('second', GREATEST(last_vacuum, last_autovacuum))::text, 'never vacuumed'),
              'If they stay after VACUUM, a transaction or a replication slot is old'),
       format('VACUUM (ANALYZE) awgp.%I; ALTER TABLE awgp.%I SET (autovacuum_vacuum_scale_factor = 0.05);', relname, relname)
FROM pg_stat_all_tables
WHERE schemaname = 'awgp' AND n_dead_tup > 10000 AND n_dead_tup > n_live_tup / 2
ORDER BY relname
