-- Definer functions that look names up where callers can put theirs. Safe: a fixed search_path of pg_catalog
-- and awgp alone, with pg_temp named, and last.
SELECT pg_proc.oid::regprocedure::text,
       CASE WHEN setting IS NULL THEN 'it runs with its owner''s rights and its caller''s search_path'
            ELSE format('it runs with its owner''s rights and search_path %s', setting) END,
       format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp;', pg_proc.oid::regprocedure)
FROM pg_proc
LEFT JOIN LATERAL (SELECT substr(option, 13) FROM unnest(proconfig) AS option WHERE option LIKE 'search\_path=%') AS path (setting) ON true
WHERE pronamespace = 'awgp'::regnamespace AND prosecdef
  AND COALESCE(setting, '') !~ '^(pg_catalog|awgp)(, (pg_catalog|awgp))*, pg_temp$'
ORDER BY 1
