-- Tables of AWGP that autovacuum leaves alone, because of the server's settings or the table's own.
SELECT 'setting ' || name,
       'autovacuum does nothing: tables grow, and statistics for plans get old',
       CASE name WHEN 'track_counts' THEN 'ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf();'
                 ELSE 'ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();' END
FROM pg_settings
WHERE name IN ('autovacuum', 'track_counts') AND setting = 'off'
UNION ALL
SELECT format('awgp.%I', relname), 'autovacuum is turned off for the table: it grows, and statistics for plans get old',
       format('ALTER TABLE awgp.%I RESET (autovacuum_enabled);', relname)
FROM pg_class, unnest(reloptions) AS option
WHERE relnamespace = 'awgp'::regnamespace AND relkind = 'r'
  AND lower(option) IN ('autovacuum_enabled=false', 'autovacuum_enabled=off', 'autovacuum_enabled=no', 'autovacuum_enabled=0')
ORDER BY 1
