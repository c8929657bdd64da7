-- The audit trail: append-only, partitioned by month, hash-chained within (tenant_id, chain_lane).

CREATE TABLE awgp.audit_logs (
    id bigserial NOT NULL,
    "timestamp" timestamptz NOT NULL DEFAULT pg_catalog.now(),
    tenant_id uuid NOT NULL,
    actor_type text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid,
    before_state jsonb,
    after_state jsonb,
    metadata jsonb,
    integrity_hash text NOT NULL,
    chain_lane smallint NOT NULL,
    chain_seq bigint NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (id, "timestamp"),
    CONSTRAINT audit_logs_actor_type_check CHECK (actor_type IN ('user', 'assistant', 'system'))
) PARTITION BY RANGE ("timestamp");
CREATE INDEX idx_audit_logs_tenant_timestamp ON awgp.audit_logs (tenant_id, "timestamp" DESC);
CREATE INDEX idx_audit_logs_actor ON awgp.audit_logs (actor_type, actor_id);
-- The history of one thing, newest first.
CREATE INDEX idx_audit_logs_entity ON awgp.audit_logs (tenant_id, entity_type, entity_id, "timestamp" DESC);
-- Rows for a month that has no partition land here and are never lost; maintenance moves them on.
CREATE TABLE awgp.audit_logs_default PARTITION OF awgp.audit_logs DEFAULT;
-- Each partition has such a key of its own: a unique key of the whole table would have to hold the timestamp.
CREATE UNIQUE INDEX audit_logs_default_chain_key ON awgp.audit_logs_default (tenant_id, chain_lane, chain_seq);

COMMENT ON TABLE awgp.audit_logs IS 'The audit trail: an immutable record of every change and event.';
COMMENT ON COLUMN awgp.audit_logs.id IS 'Number of the row in this database, ascending but not without gaps.';
COMMENT ON COLUMN awgp.audit_logs."timestamp" IS 'When the row was added to the chain, by the wall clock. It decides the monthly partition, in UTC.';
COMMENT ON COLUMN awgp.audit_logs.tenant_id IS 'The tenant whose row was changed; the install id (installation.id) for rows of no tenant.';
COMMENT ON COLUMN awgp.audit_logs.actor_type IS 'Who acted: assistant if one is in context, else user, else system.';
COMMENT ON COLUMN awgp.audit_logs.actor_id IS 'Id of the assistant or user; NULL for the system. The user for whom an assistant acted is metadata.on_behalf_of.';
COMMENT ON COLUMN awgp.audit_logs.action IS 'What was done. Changes of rows: insert, update, delete. Events of AWGP: break_glass, action.denied, message.allowed, message.denied, erase; of the installation: track_table, untrack_table, rename_table, drop_table, drop_trigger, seal_partition, retire_partition, restore_partition, drain_default_partition, hold, release_hold. Every other value, such as export, comes from log_event().';
COMMENT ON COLUMN awgp.audit_logs.entity_type IS 'Kind of thing it was done to, such as the name of a table.';
COMMENT ON COLUMN awgp.audit_logs.entity_id IS 'Id of the row or thing it was done to. For a row without a uuid key it is computed by entity_id().';
COMMENT ON COLUMN awgp.audit_logs.before_state IS 'The row before the change, a JSON object; NULL for an insert. Secret columns are masked (awgp.audit_mask), content of conversations and flags is replaced by a digest, and what exceeds awgp.audit_event_max is left out.';
COMMENT ON COLUMN awgp.audit_logs.after_state IS 'The row after the change, in the same form; NULL for a delete. For an event of AWGP: its facts.';
COMMENT ON COLUMN awgp.audit_logs.metadata IS 'A JSON object. AWGP sets role (the login role), on_behalf_of (the user for whom an assistant acted), key (the primary key of a tracked row without a uuid key), left_out (names of what was too large) and origin (log_event, if a client wrote the event). All else is what log_event() was given.';
COMMENT ON COLUMN awgp.audit_logs.integrity_hash IS 'SHA-256 over the predecessor''s hash and this row''s canonical bytes, in hex.';
COMMENT ON COLUMN awgp.audit_logs.chain_lane IS 'Lane of the tenant''s chain, 0 and up.';
COMMENT ON COLUMN awgp.audit_logs.chain_seq IS 'Place in the lane, from 1, without gaps.';
COMMENT ON CONSTRAINT audit_logs_pkey ON awgp.audit_logs IS 'The id identifies the row. The timestamp is part of the key because the table is partitioned by it.';
COMMENT ON CONSTRAINT audit_logs_actor_type_check ON awgp.audit_logs IS 'The actor type is one of user, assistant, system.';
COMMENT ON INDEX awgp.idx_audit_logs_tenant_timestamp IS 'A tenant''s newest audit rows.';
COMMENT ON INDEX awgp.idx_audit_logs_actor IS 'What a user or an assistant did.';
COMMENT ON INDEX awgp.idx_audit_logs_entity IS 'The history of one thing, newest first.';
COMMENT ON TABLE awgp.audit_logs_default IS 'Audit rows of months without a partition; maintenance moves them to their month.';
COMMENT ON SEQUENCE awgp.audit_logs_id_seq IS 'Gives audit_logs.id.';
COMMENT ON INDEX awgp.audit_logs_default_chain_key IS 'No two rows have the same place in a lane.';
