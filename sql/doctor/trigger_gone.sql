-- Triggers that AWGP's scripts make and that are not there. $2: all of them, as schema-less table.trigger.
SELECT format('awgp.%I', split_part(declared, '.', 1)),
       format('the trigger %s is not there', split_part(declared, '.', 2)),
       'SELECT awgp.install(force => true);'
FROM unnest($2::text[]) AS declared
WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass(format('awgp.%I', split_part(declared, '.', 1))) AND tgname = split_part(declared, '.', 2))
ORDER BY declared
