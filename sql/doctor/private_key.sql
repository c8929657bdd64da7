-- A private key of signed notes, where somebody has put it within the reach of every role: whoever
-- reads it can sign.
WITH setting (role, database, name) AS (
    SELECT setrole, setdatabase, split_part(pair, '=', 1)
    FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS pair
    WHERE pair LIKE '%PRIVATE+KEY+%'
      AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
), place (name, target) AS (
    SELECT name, CASE WHEN role = 0 AND database = 0 THEN 'ROLE ALL'
                      WHEN role = 0 THEN format('DATABASE %I', current_database())
                      WHEN database = 0 THEN format('ROLE %I', pg_get_userbyid(role))
                      ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(role), current_database()) END
    FROM setting
)
SELECT 'setting of ' || target, format('%s holds a private key of signed notes', name),
       format('ALTER %s RESET %s; -- and sign with a new key: awgp audit keygen --out FILE', target, name)
FROM place
UNION ALL
SELECT format('function %s', pg_proc.oid::regprocedure), 'its body holds a private key of signed notes',
       format('DROP FUNCTION %s; -- and sign with a new key: awgp audit keygen --out FILE', pg_proc.oid::regprocedure)
FROM pg_proc
WHERE prosrc LIKE '%PRIVATE+KEY+%' AND prokind = 'f'
ORDER BY 1, 2
