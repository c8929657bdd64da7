-- Views and functions that AWGP's scripts make and that are not there. $5: all of them.
SELECT format('awgp.%I', part.name), format('the %s is not there', lower(part.kind)), 'SELECT awgp.install(force => true);'
FROM jsonb_to_recordset($5::text::jsonb) AS part (kind text, name text)
WHERE kind = 'VIEW' AND to_regclass(format('awgp.%I', part.name)) IS NULL
   OR kind = 'FUNCTION' AND NOT EXISTS (
       SELECT FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace AND proname = part.name)
ORDER BY 1
