-- Roles with AWGP's privileges, direct or through others, that row-level security does not bind.
WITH RECURSIVE holder (role, through) AS (
    SELECT oid, rolname FROM pg_roles WHERE rolname IN ('awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin')
    UNION
    SELECT member, through FROM pg_auth_members JOIN holder ON roleid = role
)
SELECT format('role %I', rolname),
       format('it is %s and has the privileges of %s: it sees every tenant',
              CASE WHEN rolsuper THEN 'a superuser' ELSE 'past row-level security (BYPASSRLS)' END,
              string_agg(through::text, ', ' ORDER BY through)),
       format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS;', rolname)
FROM holder JOIN pg_roles ON pg_roles.oid = role
WHERE rolsuper OR rolbypassrls
GROUP BY rolname, rolsuper
ORDER BY rolname
