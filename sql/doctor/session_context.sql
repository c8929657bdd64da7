-- Where an identity may outlive its transaction. Behind a pool in transaction mode the next client has it.
WITH place (target, value) AS (
    SELECT CASE WHEN setrole = 0 AND setdatabase = 0 THEN 'ROLE ALL'
                WHEN setrole = 0 THEN format('DATABASE %I', current_database())
                WHEN setdatabase = 0 THEN format('ROLE %I', pg_get_userbyid(setrole))
                ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(setrole), current_database()) END,
           substr(pair, strpos(pair, '=') + 1)
    FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS pair
    WHERE pair LIKE 'awgp.session\_context=%'
      AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION ALL
    SELECT 'SYSTEM', reset_val FROM pg_settings
    WHERE name = 'awgp.session_context' AND source = 'configuration file'
)
SELECT format('awgp.session_context of %s', target),
       'an identity may be kept for the session: behind a pool in transaction mode, or one that resets nothing, the next client has it',
       CASE target WHEN 'SYSTEM' THEN 'ALTER SYSTEM RESET awgp.session_context; SELECT pg_reload_conf();'
                   ELSE format('ALTER %s RESET awgp.session_context;', target) END
FROM place
WHERE lower(value) = 'allowed'
ORDER BY 1
