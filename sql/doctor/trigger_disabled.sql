-- Triggers of AWGP that do not fire, or that session_replication_role passes where it must not, and
-- foreign keys that are not checked. Restoring data with --disable-triggers leaves the second kind
-- behind.
SELECT format('trigger %I on %s', tgname, tgrelid::regclass),
       CASE tgenabled WHEN 'D' THEN 'the trigger is disabled: its rule does not hold'
                      ELSE 'the trigger does not fire for every session: its rule can be passed' END,
       format('ALTER TABLE %s ENABLE %sTRIGGER %I;', tgrelid::regclass, CASE required WHEN 'A' THEN 'ALWAYS ' ELSE '' END, tgname)
FROM pg_trigger
JOIN pg_proc ON pg_proc.oid = tgfoid,
LATERAL (SELECT CASE WHEN proname IN ('guard_audit', 'guard_erasable') THEN 'A' ELSE 'O' END) AS rule (required)
WHERE pronamespace = 'awgp'::regnamespace AND NOT tgisinternal
  AND tgenabled::text NOT IN ('A', required)
UNION ALL
SELECT format('foreign keys of %s', tgrelid::regclass),
       'they are not checked: a row may point into another tenant',
       format('ALTER TABLE %s ENABLE TRIGGER ALL; SELECT awgp.install(force => true);', tgrelid::regclass)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = 'awgp'::regnamespace AND tgisinternal AND tgconstraint <> 0 AND tgenabled IN ('D', 'R')
  AND NOT relispartition
GROUP BY tgrelid
ORDER BY 1
