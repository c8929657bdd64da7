-- An application's tables whose changes are in the trail, by the triggers that record them. A trigger's
-- argument is ASCII and ends with a zero byte.
CREATE OR REPLACE VIEW awgp.tracked_tables WITH (security_invoker = true) AS
SELECT format('%I.%I', n.nspname, c.relname) AS table_name,
       ARRAY(SELECT jsonb_array_elements_text(k.options -> 'exclude')) AS excluded,
       ARRAY(SELECT jsonb_array_elements_text(k.options -> 'mask')) AS masked,
       pg_get_userbyid(c.relowner)::text AS owner,
       ARRAY(SELECT jsonb_array_elements_text(k.options -> 'erasable')) AS erasable,
       k.options ->> 'subject' AS subject
FROM pg_catalog.pg_trigger AS g
JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT position('{'::bytea IN g.tgargs) AS start) AS f
CROSS JOIN LATERAL (
    SELECT CASE WHEN f.start > 0
           THEN convert_from(substring(g.tgargs FROM f.start FOR length(g.tgargs) - f.start), 'SQL_ASCII')::jsonb
           END AS options) AS k
WHERE g.tgname = 'awgp_capture' AND g.tgparentid = 0;

COMMENT ON VIEW awgp.tracked_tables IS 'The tables that track_table() records, in every schema.';
COMMENT ON COLUMN awgp.tracked_tables.table_name IS 'The table, with its schema.';
COMMENT ON COLUMN awgp.tracked_tables.excluded IS 'The columns that are left out of the trail.';
COMMENT ON COLUMN awgp.tracked_tables.masked IS 'The columns whose values are masked in the trail.';
COMMENT ON COLUMN awgp.tracked_tables.owner IS 'The role that owns the table, and may change that.';

COMMENT ON COLUMN awgp.tracked_tables.erasable IS 'The columns of which the trail has commitments, so that their values can be erased.';
COMMENT ON COLUMN awgp.tracked_tables.subject IS 'The column that says whose the erasable values of a row are; NULL: there are none.';

REVOKE ALL ON awgp.tracked_tables FROM PUBLIC;
GRANT SELECT ON awgp.tracked_tables TO awgp_app, awgp_admin, awgp_auditor;
