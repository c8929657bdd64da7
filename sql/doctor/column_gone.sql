-- Columns of AWGP's tables that are not there, may be NULL or have no default, and should not. $5: the
-- parts of the structure, each with its statement.
WITH part ("table", name, statement, is_needed, "default", attnum, attnotnull, atthasdef) AS (
    SELECT "table", name, statement, is_needed, "default", attnum, attnotnull, atthasdef
    FROM jsonb_to_recordset($5::text::jsonb)
        AS part (kind text, "table" text, name text, statement text, is_needed boolean, "default" text)
    JOIN pg_class ON pg_class.oid = to_regclass(format('awgp.%I', "table"))
    LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attname = name AND NOT attisdropped
    WHERE kind = 'COLUMN'
)
SELECT format('awgp.%I', part."table"), format(lack.what, name), lack.hint
FROM part
CROSS JOIN LATERAL (
    VALUES (attnum IS NULL, 'the column %s is not there: this makes it without its values, which only a backup has', statement),
           (is_needed AND NOT attnotnull, 'the column %s may be NULL',
            format('ALTER TABLE awgp.%I ALTER COLUMN %I SET NOT NULL;', part."table", name)),
           (part."default" IS NOT NULL AND NOT atthasdef, 'the column %s has no default',
            format('ALTER TABLE awgp.%I ALTER COLUMN %I SET DEFAULT %s;', part."table", name, part."default"))
) AS lack (is_lacking, what, hint)
WHERE is_lacking
ORDER BY part."table", name, what, hint
