-- Constraints and unique indexes of AWGP's tables that are not there, or do not hold for every row:
-- what they forbid is possible. Each partition of the trail has a key of its own, in which no two rows
-- have the same place in a lane. $5: the parts of the structure, each with its statement. Keys come
-- before what refers to them.
WITH part (kind, relation, "table", name, statement, is_unique) AS (
    SELECT kind, to_regclass(format('awgp.%I', "table")), "table", name, statement, is_unique
    FROM jsonb_to_recordset($5::text::jsonb)
        AS part (kind text, "table" text, name text, statement text, is_unique boolean)
    UNION ALL
    SELECT 'INDEX', inhrelid::regclass, relname::text, relname || '_chain_key',
           format('CREATE UNIQUE INDEX %I ON awgp.%I (tenant_id, chain_lane, chain_seq);', relname || '_chain_key', relname), true
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass('awgp.audit_logs') AND relname <> 'audit_logs_default'
), found ("table", what, hint, place) AS (
    SELECT "table",
           format(CASE WHEN pg_constraint.oid IS NULL THEN 'the constraint %s is not there'
                       ELSE 'the constraint %s does not hold for the rows that were there before it' END, name),
           CASE WHEN pg_constraint.oid IS NULL THEN statement
                ELSE format('ALTER TABLE awgp.%I VALIDATE CONSTRAINT %I;', "table", name) END,
           CASE WHEN statement ~ 'FOREIGN KEY' THEN 2 ELSE 1 END
    FROM part LEFT JOIN pg_constraint ON conrelid = relation AND conname = name
    WHERE kind = 'CONSTRAINT' AND relation IS NOT NULL AND convalidated IS NOT TRUE
    UNION ALL
    SELECT "table",
           format(CASE WHEN held.oid IS NULL THEN 'the unique index %s is not there'
                       WHEN NOT indisunique OR indrelid <> relation THEN 'the index %s is not the unique one of this table'
                       ELSE 'the unique index %s is invalid' END, name),
           CASE WHEN held.oid IS NULL THEN statement
                WHEN NOT indisunique OR indrelid <> relation THEN format('DROP INDEX awgp.%I; %s', name, statement)
                ELSE format('REINDEX INDEX awgp.%I;', name) END,
           1
    FROM part
    LEFT JOIN pg_class AS held ON relnamespace = 'awgp'::regnamespace AND relname = name AND relkind = 'i'
    LEFT JOIN pg_index ON indexrelid = held.oid
    WHERE kind = 'INDEX' AND is_unique AND relation IS NOT NULL
      AND (indisunique AND indisvalid AND indisready AND indrelid = relation) IS NOT TRUE
)
SELECT format('awgp.%I', "table"), what, hint FROM found ORDER BY place, "table", what
