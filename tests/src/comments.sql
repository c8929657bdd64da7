-- Every object in schema awgp that carries a comment, with it; empty where it is missing. What a partition
-- takes over from its parent (columns, indexes, constraints, triggers) is told at the parent.
WITH relation AS (SELECT * FROM pg_class WHERE relnamespace = 'awgp'::regnamespace),
object (class, id, part) AS (
    SELECT 'pg_namespace'::regclass, oid, 0 FROM pg_namespace WHERE nspname = 'awgp'
    UNION ALL
    SELECT 'pg_extension', oid, 0 FROM pg_extension WHERE extname = 'awgp'
    UNION ALL
    SELECT 'pg_class', oid, 0 FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    UNION ALL
    SELECT 'pg_class', oid, 0 FROM relation WHERE relkind IN ('i', 'I') AND NOT relispartition
        -- The index of a key is told by its constraint.
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = relation.oid AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT 'pg_class', relation.oid, attnum FROM relation JOIN pg_attribute ON attrelid = relation.oid
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND NOT relispartition AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT 'pg_constraint', pg_constraint.oid, 0 FROM pg_constraint JOIN relation ON relation.oid = conrelid
    WHERE contype NOT IN ('n', 't') AND NOT relispartition AND conparentid = 0
    UNION ALL
    SELECT 'pg_policy', pg_policy.oid, 0 FROM pg_policy JOIN relation ON relation.oid = polrelid
    UNION ALL
    SELECT 'pg_trigger', pg_trigger.oid, 0 FROM pg_trigger JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal AND tgparentid = 0
    UNION ALL
    SELECT 'pg_proc', oid, 0 FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace
    UNION ALL
    SELECT 'pg_type', oid, 0 FROM pg_type WHERE typnamespace = 'awgp'::regnamespace AND typrelid = 0 AND typelem = 0
)
SELECT object, COALESCE(comment, '') FROM (
    SELECT DISTINCT
        regexp_replace(pg_describe_object(class, id, part), 'audit_logs_\d{4}_\d{2}', 'audit_logs_YYYY_MM', 'g'),
        regexp_replace(obj_description(id, class::text::name), '\d{4}-\d{2}-\d{2} [0-9:+]+', 'MONTH', 'g')
    FROM object WHERE part = 0
    UNION ALL
    SELECT pg_describe_object(class, id, part), col_description(id, part) FROM object WHERE part > 0
    UNION ALL
    SELECT 'role ' || rolname, shobj_description(oid, 'pg_authid')
    FROM pg_roles WHERE rolname IN ('awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier')
) AS told (object, comment)
ORDER BY object COLLATE "C"
