-- Permissive policies that let everybody, or applications, through on any row.
SELECT format('awgp.%I', relname),
       format('the policy %s lets %s through on every row', polname,
              CASE WHEN 0 = ANY (polroles) THEN 'everybody' ELSE 'applications' END),
       'SELECT awgp.install(force => true);'
FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE relnamespace = 'awgp'::regnamespace AND polpermissive
  AND (0 = ANY (polroles) OR (SELECT oid FROM pg_roles WHERE rolname = 'awgp_app') = ANY (polroles))
  AND 'true' IN (pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
ORDER BY relname, polname
