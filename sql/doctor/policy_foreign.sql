-- Permissive policies that AWGP's scripts do not make: each adds rows to what somebody may see or write.
-- $1: those that they make, as schema-less table.policy.
SELECT format('awgp.%I', relname),
       format('the policy %s is not AWGP''s and lets through what the others refuse', polname),
       format('DROP POLICY %I ON awgp.%I;', polname, relname)
FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE relnamespace = 'awgp'::regnamespace AND polpermissive
  AND format('%s.%s', relname, polname) <> ALL ($1::text[])
ORDER BY relname, polname
