-- Tables of AWGP whose owner passes row-level security.
SELECT format('awgp.%I', relname),
       'row-level security is not forced: the table''s owner sees every tenant',
       format('ALTER TABLE awgp.%I FORCE ROW LEVEL SECURITY;', relname)
FROM pg_class
WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relforcerowsecurity
ORDER BY relname
