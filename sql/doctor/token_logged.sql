-- Settings by which tokens get into the server's log, where tokens are used: whoever reads the log is their
-- user until they expire. Those in force for this session, and those of databases and roles.
WITH given (target, name, value) AS (
    -- What an administrator has given the server, and not this session, database or login.
    SELECT 'SYSTEM', name, setting FROM pg_settings WHERE source IN ('default', 'configuration file', 'command line')
    UNION ALL
    SELECT CASE WHEN setrole = 0 AND setdatabase = 0 THEN 'ROLE ALL'
                WHEN setrole = 0 THEN format('DATABASE %I', current_database())
                WHEN setdatabase = 0 THEN format('ROLE %I', pg_get_userbyid(setrole))
                ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(setrole), current_database()) END,
           split_part(pair, '=', 1), substr(pair, strpos(pair, '=') + 1)
    FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS pair
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
), wanted (target, name, value, reason) AS (
    SELECT target, name, value, CASE name
        WHEN 'pgaudit.log_parameter' THEN
            CASE WHEN lower(value) IN ('on', 'true', 'yes', '1') THEN 'pgaudit logs the parameters of statements' END
        WHEN 'log_parameter_max_length_on_error' THEN
            CASE WHEN value <> '0' THEN 'the parameters of statements that fail are logged' END
        WHEN 'log_statement' THEN
            CASE WHEN value = 'all' THEN 'all statements are logged' END
        WHEN 'log_transaction_sample_rate' THEN
            CASE WHEN value !~ '^0+(\.0*)?$' THEN 'statements of sampled transactions are logged' END
        WHEN 'auto_explain.log_parameter_max_length' THEN
            CASE WHEN value <> '0' AND current_setting('auto_explain.log_min_duration', true) <> '-1'
                 THEN 'auto_explain logs the parameters of statements' END
        ELSE CASE WHEN name IN ('log_min_duration_statement', 'log_min_duration_sample') AND value !~ '^-'
                  THEN 'slow statements are logged' END END
    FROM given
)
SELECT format('%s of %s', name, target),
       reason || ', and with them the tokens that are passed to awgp.authenticate()',
       CASE WHEN name IN ('log_statement', 'log_min_duration_statement', 'log_min_duration_sample', 'log_transaction_sample_rate')
            THEN 'ALTER SYSTEM SET log_parameter_max_length = 0; SELECT pg_reload_conf();'
            WHEN target = 'SYSTEM' THEN format('ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf();', name,
                                               CASE name WHEN 'pgaudit.log_parameter' THEN 'off' ELSE '0' END)
            ELSE format('ALTER %s RESET %s;', target, name) END
FROM wanted
WHERE reason IS NOT NULL
  -- Of statements that do not fail, the log has the parameters only up to this length. Tokens are parameters.
  AND (name NOT IN ('log_statement', 'log_min_duration_statement', 'log_min_duration_sample', 'log_transaction_sample_rate')
       OR current_setting('log_parameter_max_length') <> '0')
  AND (awgp.context_mode() = 'signed' OR EXISTS (SELECT FROM awgp.identity_providers WHERE is_active))
ORDER BY 1
