-- Whoever may make objects in the schema, besides its owner: what is made there shadows what is not.
SELECT 'schema awgp',
       format('%s may make objects in it', CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee)::text END),
       format('REVOKE CREATE ON SCHEMA awgp FROM %s;',
              CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END)
FROM pg_namespace, aclexplode(nspacl) AS acl
WHERE nspname = 'awgp' AND acl.privilege_type = 'CREATE' AND acl.grantee <> nspowner
ORDER BY 2
