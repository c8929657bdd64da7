-- Views that read with their owner's rights, past the policies of whoever asks: those of the schema
-- awgp, and those of other schemas over its tables that somebody besides their owner may read.
WITH RECURSIVE over (view) AS (
    SELECT ev_class
    FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
    JOIN pg_class AS used ON used.oid = refobjid
    WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass
      AND used.relnamespace = 'awgp'::regnamespace AND ev_class <> refobjid
    UNION
    SELECT ev_class
    FROM over JOIN pg_depend ON refobjid = over.view AND refclassid = 'pg_class'::regclass
    JOIN pg_rewrite ON pg_rewrite.oid = objid
    WHERE classid = 'pg_rewrite'::regclass AND ev_class <> refobjid
), reader (relation, role) AS (
    SELECT pg_class.oid, CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
    FROM pg_class
    CROSS JOIN LATERAL (
        SELECT relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = pg_class.oid) AS granted (privileges),
    aclexplode(privileges) AS acl
    WHERE acl.privilege_type = 'SELECT' AND acl.grantee <> relowner
), candidate (oid, name, relkind, relnamespace, readers) AS (
    SELECT pg_class.oid, format('%I.%I', nspname, relname), relkind, relnamespace,
           (SELECT string_agg(DISTINCT role, ', ') FROM reader WHERE relation = pg_class.oid)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('v', 'm')
       OR pg_class.oid IN (SELECT view FROM over) AND relkind IN ('v', 'm')
)
SELECT name,
       CASE relkind WHEN 'm' THEN 'a materialized view has no row-level security'
            ELSE 'the view reads with its owner''s rights' END,
       CASE WHEN relkind = 'v' THEN format('ALTER VIEW %s SET (security_invoker = true);', name)
            WHEN relnamespace = 'awgp'::regnamespace THEN format('DROP MATERIALIZED VIEW %s;', name)
            ELSE format('REVOKE ALL ON %s FROM %s;', name, readers) END
FROM candidate
WHERE (relnamespace = 'awgp'::regnamespace OR readers IS NOT NULL)
  AND (relkind = 'm' OR NOT EXISTS (
      SELECT FROM pg_class, unnest(reloptions) AS option
      WHERE pg_class.oid = candidate.oid
        AND lower(option) IN ('security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes')))
ORDER BY name
