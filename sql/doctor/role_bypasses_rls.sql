-- Roles with AWGP's privileges, direct or through others, that row-level security does not bind. A
-- superuser has every privilege, so one counts only as a member of AWGP's roles.
WITH RECURSIVE granted (privileges, owner) AS (
    SELECT relacl, relowner FROM pg_class WHERE relnamespace = 'awgp'::regnamespace
    UNION ALL
    SELECT attacl, relowner FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'awgp'::regnamespace AND attacl IS NOT NULL
), holder (role, through) AS (
    SELECT oid, rolname FROM pg_roles WHERE rolname IN ('awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier')
    UNION
    SELECT acl.grantee, 'a grant of its own' FROM granted, aclexplode(privileges) AS acl
    WHERE acl.grantee NOT IN (0, owner)
      AND acl.grantee NOT IN (
          SELECT oid FROM pg_roles WHERE rolname IN ('awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier'))
    UNION
    SELECT member, through FROM pg_auth_members JOIN holder ON roleid = role
)
SELECT format('role %I', rolname),
       format('it is %s and has the privileges of %s: it sees every tenant',
              CASE WHEN rolsuper THEN 'a superuser' ELSE 'past row-level security (BYPASSRLS)' END,
              string_agg(through::text, ', ' ORDER BY through)),
       format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS;', rolname)
FROM holder JOIN pg_roles ON pg_roles.oid = role
WHERE rolsuper AND through <> 'a grant of its own' OR rolbypassrls AND NOT rolsuper
GROUP BY rolname, rolsuper
ORDER BY rolname
