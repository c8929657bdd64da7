-- Everything in schema awgp that can differ between two installations, a line an object, independent of
-- owner, of the month and of PostgreSQL's major version. Comments are a query of their own.
WITH relation AS (
    SELECT pg_class.*, (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = pg_class.oid) AS parent
    FROM pg_class WHERE relnamespace = 'awgp'::regnamespace
),
acl (kind, oid, column_number, grants) AS (
    SELECT kind, oid, column_number, string_agg(grantee || ':' || privileges, ' ' ORDER BY grantee COLLATE "C")
    FROM (
        SELECT kind, oid, column_number,
               CASE WHEN acl.grantee = owner THEN 'owner' WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee)::text END AS grantee,
               string_agg(acl.privilege_type || CASE WHEN acl.is_grantable AND acl.grantee <> owner THEN '*' ELSE '' END, ','
                          ORDER BY acl.privilege_type COLLATE "C") AS privileges
        FROM (
            SELECT 'schema', oid, 0, nspowner, COALESCE(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'awgp'
            UNION ALL
            SELECT 'relation', oid, 0, relowner, COALESCE(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
            FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            UNION ALL
            SELECT 'column', relation.oid, attnum, relowner, attacl FROM relation JOIN pg_attribute ON attrelid = relation.oid WHERE attacl IS NOT NULL
            UNION ALL
            SELECT 'function', oid, 0, proowner, COALESCE(proacl, acldefault('f', proowner)) FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace
            UNION ALL
            SELECT 'type', oid, 0, typowner, COALESCE(typacl, acldefault('T', typowner)) FROM pg_type WHERE typnamespace = 'awgp'::regnamespace
        ) AS object (kind, oid, column_number, owner, acl), aclexplode(acl) AS acl
        WHERE acl.privilege_type <> 'MAINTAIN'
        GROUP BY kind, oid, column_number, owner, acl.grantee
    ) AS granted
    GROUP BY kind, oid, column_number
),
line (line) AS (
    SELECT format('schema awgp: acl=[%s]', (SELECT grants FROM acl WHERE kind = 'schema'))
    UNION ALL
    SELECT format('role %s: login=%s superuser=%s inherit=%s createrole=%s createdb=%s replication=%s bypassrls=%s',
                  rolname, rolcanlogin, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls)
    FROM pg_roles WHERE rolname IN ('awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier')
    UNION ALL
    SELECT format('extension member %s', pg_describe_object(classid, objid, objsubid))
    FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'awgp')
      -- From PostgreSQL 18 on, the array of a type is a member by itself.
      AND NOT (classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type WHERE typarray = objid))
    UNION ALL
    SELECT format('%s %s: persistence=%s rls=%s force=%s options=[%s]%s%s acl=[%s]',
                  CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
                  relname, relpersistence, relrowsecurity, relforcerowsecurity, array_to_string(reloptions, ','),
                  CASE relkind WHEN 'p' THEN ' by ' || pg_get_partkeydef(oid) ELSE '' END,
                  ' partition of ' || parent || ' ' || pg_get_expr(relpartbound, oid),
                  (SELECT grants FROM acl WHERE kind = 'relation' AND acl.oid = relation.oid))
    FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    -- Before 16 a view of one table prints its alias before each column.
    SELECT format('view %s is %s', relname,
                  CASE WHEN text ~ ' JOIN ' THEN text ELSE regexp_replace(text, '\m[a-z]\.', '', 'g') END)
    FROM (SELECT relname, regexp_replace(pg_get_viewdef(oid), '\s+', ' ', 'g') AS text
          FROM relation WHERE relkind IN ('v', 'm')) AS defined
    UNION ALL
    SELECT format('column %s.%s: %s%s%s%s acl=[%s]', relname, attname, format_type(atttypid, atttypmod),
                  CASE WHEN attnotnull THEN ' not null' ELSE '' END,
                  ' default ' || pg_get_expr(adbin, adrelid),
                  CASE WHEN attidentity <> '' OR attgenerated <> '' THEN format(' generated %s%s', attidentity, attgenerated) ELSE '' END,
                  (SELECT grants FROM acl WHERE kind = 'column' AND acl.oid = relation.oid AND column_number = attnum))
    FROM relation JOIN pg_attribute ON attrelid = relation.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT format('sequence %s: %s start %s increment %s cycle %s owned by %s acl=[%s]', relname, format_type(seqtypid, NULL), seqstart,
                  seqincrement, seqcycle, (SELECT pg_describe_object(refclassid, refobjid, refobjsubid) FROM pg_depend
                                           WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND deptype IN ('a', 'i')),
                  (SELECT grants FROM acl WHERE kind = 'relation' AND acl.oid = relation.oid))
    FROM relation JOIN pg_sequence ON seqrelid = relation.oid
    UNION ALL
    -- NOT NULL is told by its column; before PostgreSQL 18 it is no constraint.
    SELECT format('constraint %s.%s: %s validated=%s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint WHERE connamespace = 'awgp'::regnamespace AND contype NOT IN ('n', 't')
    UNION ALL
    SELECT format('index %s: %s valid=%s', relname, pg_get_indexdef(oid), indisvalid)
    FROM relation JOIN pg_index ON indexrelid = oid WHERE relkind IN ('i', 'I')
    UNION ALL
    SELECT format('policy %s.%s: %s for %s to [%s] using (%s) with check (%s)', polrelid::regclass, polname,
                  CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END,
                  CASE polcmd WHEN '*' THEN 'all' WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' ELSE 'delete' END,
                  (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(role)::text END, ',' ORDER BY role) FROM unnest(polroles) AS role),
                  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy JOIN relation ON relation.oid = polrelid
    UNION ALL
    SELECT format('trigger %s.%s: enabled=%s %s', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid))
    FROM pg_trigger JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL
    SELECT format('rule %s: %s', rulename, pg_get_ruledef(pg_rewrite.oid))
    FROM pg_rewrite JOIN relation ON relation.oid = ev_class WHERE rulename <> '_RETURN'
    UNION ALL
    SELECT format('function %s(%s): returns %s language %s kind=%s volatility=%s parallel=%s strict=%s leakproof=%s definer=%s settings=[%s] body=%s acl=[%s]',
                  proname, pg_get_function_arguments(pg_proc.oid), pg_get_function_result(pg_proc.oid), lanname, prokind, provolatile,
                  proparallel, proisstrict, proleakproof, prosecdef, array_to_string(proconfig, ';'),
                  CASE WHEN prosqlbody IS NOT NULL THEN regexp_replace(pg_get_function_sqlbody(pg_proc.oid), '\s+', ' ', 'g')
                       WHEN lanname = 'c' THEN prosrc ELSE md5(prosrc) END,
                  (SELECT grants FROM acl WHERE kind = 'function' AND acl.oid = pg_proc.oid))
    FROM pg_proc JOIN pg_language ON pg_language.oid = prolang WHERE pronamespace = 'awgp'::regnamespace
    UNION ALL
    SELECT format('type %s: %s [%s] acl=[%s]', typname, typtype,
                  (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid),
                  (SELECT grants FROM acl WHERE kind = 'type' AND acl.oid = pg_type.oid))
    FROM pg_type WHERE typnamespace = 'awgp'::regnamespace AND typelem = 0
      AND (typrelid = 0 OR EXISTS (SELECT FROM relation WHERE relation.oid = typrelid AND relkind = 'c'))
)
-- The months of the partitions, and the bounds that follow from them.
SELECT line FROM (
    SELECT DISTINCT regexp_replace(
               regexp_replace(line, 'audit_logs_\d{4}_\d{2}', 'audit_logs_YYYY_MM', 'g'),
               '''\d{4}-\d{2}-01 00:00:00\+00''', 'MONTH', 'g')
    FROM line) AS normal (line)
ORDER BY line COLLATE "C"
