-- A generic audit trigger in PL/pgSQL, without a hash, in the manner of supa_audit 0.3.1:
-- one wide table that is not partitioned, the row before and after as to_jsonb makes it, the
-- key found in the catalog, SECURITY DEFINER.

CREATE TYPE bench.operation AS ENUM ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE');

CREATE TABLE bench.record_version (
    id bigserial PRIMARY KEY,
    record_id uuid,
    old_record_id uuid,
    op bench.operation NOT NULL,
    ts timestamptz NOT NULL DEFAULT now(),
    table_oid oid NOT NULL,
    table_schema name NOT NULL,
    table_name name NOT NULL,
    record jsonb,
    old_record jsonb,
    CHECK (coalesce(record_id, old_record_id) IS NOT NULL OR op = 'TRUNCATE'),
    CHECK ((op IN ('INSERT', 'UPDATE')) = (record_id IS NOT NULL)),
    CHECK ((op IN ('INSERT', 'UPDATE')) = (record IS NOT NULL)),
    CHECK ((op IN ('UPDATE', 'DELETE')) = (old_record_id IS NOT NULL)),
    CHECK ((op IN ('UPDATE', 'DELETE')) = (old_record IS NOT NULL))
);
CREATE INDEX ON bench.record_version (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX ON bench.record_version (old_record_id) WHERE old_record_id IS NOT NULL;
CREATE INDEX ON bench.record_version USING brin (ts);
CREATE INDEX ON bench.record_version (table_oid);

CREATE FUNCTION bench.key_columns(of_table oid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT coalesce(array_agg(attname::text ORDER BY attnum), '{}')
    FROM pg_catalog.pg_index JOIN pg_catalog.pg_attribute ON indrelid = attrelid AND attnum = ANY (indkey)
    WHERE indrelid = of_table AND indisprimary
$$;

CREATE FUNCTION bench.key_of(columns text[], image jsonb) RETURNS uuid LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN image IS NULL THEN NULL WHEN columns = '{}' THEN gen_random_uuid() ELSE (image ->> columns[1])::uuid END
$$;

CREATE FUNCTION bench.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
AS $$
DECLARE
    columns text[] = bench.key_columns(TG_RELID);
    after jsonb = to_jsonb(NEW);
    after_id uuid = bench.key_of(columns, after);
    before jsonb = to_jsonb(OLD);
    before_id uuid = bench.key_of(columns, before);
BEGIN
    INSERT INTO bench.record_version (record_id, old_record_id, op, table_oid, table_schema, table_name, record, old_record)
    SELECT after_id, before_id, TG_OP::bench.operation, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, after, before;
    RETURN coalesce(NEW, OLD);
END
$$;

CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON bench.trigger FOR EACH ROW EXECUTE FUNCTION bench.record();
