-- Objects of AWGP that one of its roles, or a member of them, owns: an owner drops policies and triggers.
-- A change of owner folds the owner's own grants away, so the grants are made again.
WITH RECURSIVE holder (role) AS (
    SELECT oid FROM pg_roles WHERE rolname IN ('awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier')
    UNION
    SELECT member FROM pg_auth_members JOIN holder ON roleid = role
), object (name, kind, owner) AS (
    SELECT 'awgp', 'SCHEMA', nspowner FROM pg_namespace WHERE nspname = 'awgp'
    UNION ALL
    SELECT format('awgp.%I', relname), CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relowner
    FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
    UNION ALL
    SELECT pg_proc.oid::regprocedure::text, 'FUNCTION', proowner
    FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace
)
SELECT name,
       format('its owner %s has AWGP''s privileges as well, and can take its guards away', pg_get_userbyid(owner)),
       format('ALTER %s %s OWNER TO %I; SELECT awgp.install(force => true);', kind, name,
              (SELECT pg_get_userbyid(extowner) FROM pg_extension WHERE extname = 'awgp'))
FROM object
WHERE owner IN (SELECT role FROM holder) AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = owner)
ORDER BY name
