-- Whatever PUBLIC may use in the schema.
SELECT object, format('PUBLIC has %s', string_agg(DISTINCT privilege, ', ' ORDER BY privilege)), 'REVOKE ALL ON ' || object || ' FROM PUBLIC;'
FROM (
    SELECT 'SCHEMA awgp', acl.privilege_type
    FROM pg_namespace, aclexplode(nspacl) AS acl
    WHERE nspname = 'awgp' AND acl.grantee = 0
    UNION ALL
    SELECT format('%s awgp.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname), acl.privilege_type
    FROM pg_class, aclexplode(relacl) AS acl
    WHERE relnamespace = 'awgp'::regnamespace AND acl.grantee = 0
    UNION ALL
    SELECT format('TABLE awgp.%I', relname), acl.privilege_type
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid, aclexplode(attacl) AS acl
    WHERE relnamespace = 'awgp'::regnamespace AND acl.grantee = 0
    UNION ALL
    SELECT format('FUNCTION %s', pg_proc.oid::regprocedure), acl.privilege_type
    FROM pg_proc, aclexplode(COALESCE(proacl, acldefault('f', proowner))) AS acl
    WHERE pronamespace = 'awgp'::regnamespace AND acl.grantee = 0 AND prorettype <> 'trigger'::regtype
) AS granted (object, privilege)
GROUP BY object
ORDER BY object
