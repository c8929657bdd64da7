-- Triggers of AWGP's tables that do not fire, those of foreign keys included.
SELECT format('awgp.%I', relname),
       format('%s %s not fire in an ordinary session',
              CASE WHEN tgisinternal THEN 'triggers of foreign keys' ELSE 'the trigger ' || tgname END,
              CASE WHEN tgisinternal THEN 'do' ELSE 'does' END),
       CASE WHEN tgisinternal THEN format('ALTER TABLE awgp.%I ENABLE TRIGGER ALL; SELECT awgp.install(force => true);', relname)
            ELSE format('ALTER TABLE awgp.%I ENABLE TRIGGER %I; SELECT awgp.install(force => true);', relname, tgname) END
FROM (
    SELECT DISTINCT relname, CASE WHEN tgisinternal THEN '' ELSE tgname::text END AS tgname, tgisinternal
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = 'awgp'::regnamespace AND tgenabled IN ('D', 'R')
) AS disabled
ORDER BY relname, tgname
