-- Tables of AWGP whose oldest transaction is older than autovacuum should let it get. It begins at
-- autovacuum_freeze_max_age; the server stops writing at two thousand million.
SELECT format('awgp.%I', relname),
       format('its oldest transaction is %s transactions old, and autovacuum should begin at %s: at 2000000000 the server stops writing',
              age(relfrozenxid), current_setting('autovacuum_freeze_max_age')),
       format('VACUUM (FREEZE) awgp.%I;', relname)
FROM pg_class
WHERE relnamespace = 'awgp'::regnamespace AND relkind = 'r'
  AND age(relfrozenxid) > LEAST(current_setting('autovacuum_freeze_max_age')::bigint * 3 / 2, 1800000000)
ORDER BY age(relfrozenxid) DESC
