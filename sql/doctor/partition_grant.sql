-- Grants on partitions, and on columns of them: a partition is read and written past the parent's policies.
SELECT format('awgp.%I', relname),
       format('%s has %s on a partition, past the policies of its parent',
              CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee)::text END,
              string_agg(DISTINCT acl.privilege_type, ', ' ORDER BY acl.privilege_type)),
       format('REVOKE ALL ON awgp.%I FROM %s;', relname,
              CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END)
FROM pg_class
CROSS JOIN LATERAL (
    SELECT relacl
    UNION ALL
    SELECT attacl FROM pg_attribute WHERE attrelid = pg_class.oid
) AS granted (privileges),
aclexplode(privileges) AS acl
WHERE relnamespace = 'awgp'::regnamespace AND relispartition AND relkind = 'r' AND acl.grantee <> relowner
GROUP BY relname, acl.grantee
ORDER BY relname, acl.grantee
