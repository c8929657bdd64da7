-- A private key of signed notes, where somebody has put it within reach of every role: whoever reads it can sign.
SELECT format('setting of %s', CASE WHEN setrole = 0 THEN format('database %I', datname)
                                    ELSE format('role %I', pg_get_userbyid(setrole)) END),
       format('the setting %s holds a private key of signed notes', split_part(setting, '=', 1)),
       CASE WHEN setrole = 0 THEN format('ALTER DATABASE %I RESET %s; then make a new key: awgp audit keygen --out FILE',
                                         datname, split_part(setting, '=', 1))
            WHEN setdatabase = 0 THEN format('ALTER ROLE %I RESET %s; then make a new key: awgp audit keygen --out FILE',
                                             pg_get_userbyid(setrole), split_part(setting, '=', 1))
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET %s; then make a new key: awgp audit keygen --out FILE',
                        pg_get_userbyid(setrole), datname, split_part(setting, '=', 1)) END
FROM pg_db_role_setting
LEFT JOIN pg_database ON pg_database.oid = setdatabase
CROSS JOIN LATERAL unnest(setconfig) AS setting
WHERE setting LIKE '%PRIVATE+KEY+%' AND (setdatabase = 0 OR datname = current_database())
UNION ALL
SELECT pg_describe_object(classoid, objoid, objsubid), 'its comment holds a private key of signed notes',
       'Take it out of the comment, then make a new key: awgp audit keygen --out FILE'
FROM pg_description
WHERE description LIKE '%PRIVATE+KEY+%'
UNION ALL
SELECT format('function %s', pg_proc.oid::regprocedure), 'its body holds a private key of signed notes',
       'Drop the function, then make a new key: awgp audit keygen --out FILE'
FROM pg_proc
WHERE prosrc LIKE '%PRIVATE+KEY+%'
ORDER BY 1, 2
