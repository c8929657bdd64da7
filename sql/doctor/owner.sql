-- Objects whose owner is neither the extension's owner nor a superuser.
WITH object (name, kind, owner) AS (
    SELECT 'awgp', 'SCHEMA', nspowner FROM pg_namespace WHERE nspname = 'awgp'
    UNION ALL
    SELECT format('awgp.%I', relname),
           CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, relowner
    FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT pg_proc.oid::regprocedure::text, 'ROUTINE', proowner
    FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace
)
SELECT name,
       format('its owner is %s, who can change it, drop it and hand out its privileges', pg_get_userbyid(owner)),
       format('ALTER %s %s OWNER TO %I;', kind, name,
              (SELECT pg_get_userbyid(extowner) FROM pg_extension WHERE extname = 'awgp'))
FROM object
WHERE owner <> (SELECT extowner FROM pg_extension WHERE extname = 'awgp')
  AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = owner)
ORDER BY name
