-- Rewrite rules on AWGP's tables and views: a rule puts something else, or nothing, in the place of
-- a write, and no trigger sees it.
SELECT format('awgp.%I', relname),
       format('the rule %s is not AWGP''s: what it rewrites, no trigger sees', rulename),
       format('DROP RULE %I ON awgp.%I;', rulename, relname)
FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
WHERE relnamespace = 'awgp'::regnamespace AND rulename <> '_RETURN'
ORDER BY relname, rulename
