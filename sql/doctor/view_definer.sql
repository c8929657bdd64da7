-- Views that read with their owner's rights, past the policies of whoever asks.
SELECT format('awgp.%I', relname),
       CASE relkind WHEN 'm' THEN 'a materialized view has no row-level security'
            ELSE 'the view reads with its owner''s rights' END,
       CASE relkind WHEN 'm' THEN format('DROP MATERIALIZED VIEW awgp.%I;', relname)
            ELSE format('ALTER VIEW awgp.%I SET (security_invoker = true);', relname) END
FROM pg_class
WHERE relnamespace = 'awgp'::regnamespace
  AND (relkind = 'm' OR relkind = 'v' AND NOT EXISTS (
      SELECT FROM unnest(reloptions) AS option WHERE lower(option) IN ('security_invoker=true', 'security_invoker=on', 'security_invoker=1')))
ORDER BY relname
