-- Tables of tenants that others than their owner may write, without the guards of a tenant table.
SELECT format('awgp.%I', relname),
       format('a tenant''s rows may be written without %s', string_agg(guard, ' and ' ORDER BY guard)),
       string_agg(
           format('CREATE TRIGGER %s BEFORE %s ON awgp.%I FOR EACH %s EXECUTE FUNCTION awgp.%s(%s);', guard,
                  CASE guard WHEN 'guard_row' THEN 'INSERT OR UPDATE' ELSE 'INSERT OR UPDATE OR DELETE' END, relname,
                  CASE guard WHEN 'guard_row' THEN 'ROW' ELSE 'STATEMENT' END, guard,
                  quote_literal(relname) || CASE guard WHEN 'guard_row' THEN ', ''own''' ELSE '' END),
           ' ' ORDER BY guard)
FROM pg_class, unnest(ARRAY['guard_row', 'guard_statement']) AS guard
WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped)
  AND EXISTS (SELECT FROM aclexplode(relacl) AS acl
              WHERE acl.grantee <> relowner AND acl.privilege_type IN ('INSERT', 'UPDATE', 'DELETE'))
  AND NOT EXISTS (SELECT FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
                  WHERE tgrelid = pg_class.oid AND pronamespace = 'awgp'::regnamespace AND proname = guard)
GROUP BY relname
ORDER BY relname
