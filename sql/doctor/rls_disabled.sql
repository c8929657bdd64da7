-- Tables of AWGP without row-level security.
SELECT format('awgp.%I', relname),
       'row-level security is not enabled: every role with a grant sees every tenant',
       format('ALTER TABLE awgp.%I ENABLE ROW LEVEL SECURITY;', relname)
FROM pg_class
WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity
ORDER BY relname
