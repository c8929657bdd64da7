-- Indexes of AWGP's tables, other than keys, that are not there or invalid, and invalid ones that
-- nobody asked for, as an interrupted CREATE INDEX CONCURRENTLY leaves them. $5: the parts of the
-- structure, each with its statement.
WITH part ("table", relation, name, statement, is_unique) AS (
    SELECT "table", to_regclass(format('awgp.%I', "table")), name, statement, is_unique
    FROM jsonb_to_recordset($5::text::jsonb)
        AS part (kind text, "table" text, name text, statement text, is_unique boolean)
    WHERE kind = 'INDEX'
), held (name, relation, of_relation, relkind, is_valid, constrains) AS (
    SELECT relname::text, pg_class.oid, indrelid, relkind, indisvalid AND indisready,
           indisprimary OR EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'awgp'::regnamespace
)
SELECT format('awgp.%I', "table"),
       format(CASE WHEN held.name IS NULL THEN 'the index %s is not there: what it is for reads the whole table'
                   ELSE 'the index %s is invalid: what it is for reads the whole table' END, part.name),
       CASE WHEN held.name IS NULL THEN statement
            -- An index of the trail becomes valid when each month has its own.
            WHEN relkind = 'I' THEN format('DROP INDEX awgp.%I; %s', part.name, statement)
            ELSE format('REINDEX INDEX awgp.%I;', part.name) END
FROM part LEFT JOIN held ON held.name = part.name AND of_relation = part.relation
WHERE part.relation IS NOT NULL AND NOT is_unique AND is_valid IS NOT TRUE
UNION ALL
SELECT of_relation::regclass::text, format('the index %s is invalid: it costs writers, and nobody reads it', held.name),
       CASE WHEN constrains THEN format('REINDEX INDEX awgp.%I;', held.name) ELSE format('DROP INDEX awgp.%I;', held.name) END
FROM held
WHERE NOT is_valid AND name NOT IN (SELECT part.name FROM part) AND name !~ '_chain_key$'
ORDER BY 1, 2
