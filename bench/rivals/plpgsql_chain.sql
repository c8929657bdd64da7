-- A hash chain in PL/pgSQL: one chain for the whole database, its head a row that
-- every writer locks until it commits.

CREATE TABLE bench.chain_log (
    seq bigint PRIMARY KEY,
    "timestamp" timestamptz NOT NULL,
    tenant_id uuid NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid,
    before_state jsonb,
    after_state jsonb,
    integrity_hash text NOT NULL
);
CREATE INDEX ON bench.chain_log (tenant_id, "timestamp" DESC);
CREATE INDEX ON bench.chain_log (entity_type, entity_id);

CREATE TABLE bench.chain_head (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), seq bigint NOT NULL, hash text NOT NULL)
    WITH (fillfactor = 10);
INSERT INTO bench.chain_head (seq, hash) VALUES (0, repeat('0', 64));

CREATE FUNCTION bench.link() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
    head bench.chain_head;
    before jsonb = to_jsonb(OLD);
    after jsonb = to_jsonb(NEW);
    stamp timestamptz;
    digest text;
BEGIN
    SELECT * INTO STRICT head FROM bench.chain_head FOR UPDATE;
    stamp = clock_timestamp();
    digest = encode(sha256(convert_to(concat_ws('|', head.hash, head.seq + 1, stamp, coalesce(NEW.tenant_id, OLD.tenant_id),
        TG_OP, TG_TABLE_NAME, coalesce(NEW.id, OLD.id), before, after), 'UTF8')), 'hex');
    INSERT INTO bench.chain_log VALUES (head.seq + 1, stamp, coalesce(NEW.tenant_id, OLD.tenant_id), TG_OP, TG_TABLE_NAME,
        coalesce(NEW.id, OLD.id), before, after, digest);
    UPDATE bench.chain_head SET seq = head.seq + 1, hash = digest;
    RETURN NULL;
END
$$;

CREATE TRIGGER link AFTER INSERT OR UPDATE OR DELETE ON bench.chain FOR EACH ROW EXECUTE FUNCTION bench.link();
