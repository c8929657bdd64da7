-- The trail for people: each event with the names of who acted and of what it was done to.
CREATE OR REPLACE VIEW awgp.trail_list WITH (security_invoker = true) AS
SELECT event.id, event."timestamp", event.tenant_id,
       awgp.trail_name(event.tenant_id, 'tenant', event.tenant_id) AS tenant_slug,
       event.actor_type, event.actor_id,
       awgp.trail_name(event.tenant_id, event.actor_type, event.actor_id) AS actor_name,
       behalf.id AS on_behalf_of,
       awgp.trail_name(event.tenant_id, 'user', behalf.id) AS on_behalf_of_name,
       event.action, event.entity_type, event.entity_id,
       COALESCE(awgp.trail_name(event.tenant_id, event.entity_type, event.entity_id),
                named.state ->> 'title', named.state ->> 'slug', named.state ->> 'name',
                CASE WHEN event.entity_type = 'provider_credit_pools' THEN named.state ->> 'provider' END) AS entity_name,
       -- What a client has logged may be any JSON.
       CASE WHEN jsonb_typeof(event.before_state) = 'object' AND jsonb_typeof(event.after_state) = 'object' THEN ARRAY(
           SELECT field.name FROM jsonb_object_keys(event.before_state || event.after_state) AS field (name)
           WHERE field.name <> 'updated_at'
             AND event.before_state -> field.name IS DISTINCT FROM event.after_state -> field.name
           ORDER BY field.name) END AS changed,
       event.before_state ->> 'status' AS status_before,
       event.after_state ->> 'status' AS status_after,
       event.metadata ->> 'origin' AS origin,
       event.metadata ->> 'role' AS login,
       opened.before_state, opened.after_state, opened.metadata,
       event.chain_lane, event.chain_seq, event.integrity_hash,
       (SELECT previous.integrity_hash FROM awgp.audit_logs AS previous
        WHERE previous.tenant_id = event.tenant_id AND previous.chain_lane = event.chain_lane
          AND previous.chain_seq = event.chain_seq - 1) AS previous_hash,
       covering.tree_size,
       (SELECT min(point.signed_at) FROM awgp.audit_checkpoints AS point
        WHERE point.tenant_id = event.tenant_id AND point.tree_size >= covering.tree_size) AS signed_at
FROM awgp.audit_logs AS event
CROSS JOIN LATERAL (
    SELECT CASE WHEN event.metadata ? 'erasable'
                THEN awgp.erasable_opened(event.tenant_id, 'before_state', event.before_state, event.metadata)
                ELSE event.before_state END,
           CASE WHEN event.metadata ? 'erasable'
                THEN awgp.erasable_opened(event.tenant_id, 'after_state', event.after_state, event.metadata)
                ELSE event.after_state END,
           CASE WHEN event.metadata ? 'erasable'
                THEN awgp.erasable_opened(event.tenant_id, 'metadata', event.metadata, event.metadata)
                ELSE event.metadata END) AS opened (before_state, after_state, metadata)
CROSS JOIN LATERAL (
    -- The state of another event is not the thing's: its last version has the name.
    SELECT CASE WHEN event.action IN ('insert', 'update', 'delete') THEN COALESCE(opened.after_state, opened.before_state)
                ELSE (SELECT awgp.erasable_opened(
                          version.tenant_id, CASE WHEN version.after_state IS NULL THEN 'before_state' ELSE 'after_state' END,
                          COALESCE(version.after_state, version.before_state), version.metadata) FROM awgp.audit_logs AS version
                      WHERE version.tenant_id = event.tenant_id AND version.entity_type = event.entity_type
                        AND version.entity_id = event.entity_id AND version.action IN ('insert', 'update', 'delete')
                      ORDER BY version."timestamp" DESC LIMIT 1) END) AS named (state)
CROSS JOIN LATERAL (
    SELECT CASE WHEN event.metadata ->> 'on_behalf_of' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN (event.metadata ->> 'on_behalf_of')::uuid END) AS behalf (id)
CROSS JOIN LATERAL (
    SELECT (SELECT run.tree_size FROM awgp.audit_tree_lanes AS run
            WHERE run.tenant_id = event.tenant_id AND run.chain_lane = event.chain_lane
              AND event.chain_seq BETWEEN run.first_seq AND run.last_seq
            ORDER BY run.last_seq LIMIT 1)) AS covering (tree_size);

COMMENT ON VIEW awgp.trail_list IS 'The audit trail with names: each event that the caller may read, who acted, and what it was done to. Metadata and hashes are those of audit_logs, and so are states, with erasable values in place of their commitments.';
COMMENT ON COLUMN awgp.trail_list.id IS 'Number of the row in this database, ascending but not without gaps.';
COMMENT ON COLUMN awgp.trail_list."timestamp" IS 'When the row was added to the chain, by the wall clock. It decides the monthly partition, in UTC.';
COMMENT ON COLUMN awgp.trail_list.tenant_id IS 'The tenant whose row was changed; the install id (installation.id) for rows of no tenant.';
COMMENT ON COLUMN awgp.trail_list.tenant_slug IS 'The slug of that tenant; NULL: not visible, or the installation.';
COMMENT ON COLUMN awgp.trail_list.actor_type IS 'Who acted: assistant if one is in context, else user, else system.';
COMMENT ON COLUMN awgp.trail_list.actor_id IS 'Id of the assistant or user; NULL for the system. The user for whom an assistant acted is metadata.on_behalf_of.';
COMMENT ON COLUMN awgp.trail_list.actor_name IS 'E-mail address of the user, or slug of the assistant; NULL: not known.';
COMMENT ON COLUMN awgp.trail_list.on_behalf_of IS 'Id of the user for whom an assistant acted; NULL: nobody.';
COMMENT ON COLUMN awgp.trail_list.on_behalf_of_name IS 'E-mail address of that user; NULL with on_behalf_of.';
COMMENT ON COLUMN awgp.trail_list.action IS 'What was done. Changes of rows: insert, update, delete. Events of AWGP: break_glass, action.denied, message.allowed, message.denied, erase; of the installation: track_table, untrack_table, rename_table, drop_table, drop_trigger, seal_partition, retire_partition, restore_partition, drain_default_partition, hold, release_hold. Every other value, such as export, comes from log_event().';
COMMENT ON COLUMN awgp.trail_list.entity_type IS 'Kind of thing it was done to, such as the name of a table.';
COMMENT ON COLUMN awgp.trail_list.entity_id IS 'Id of the row or thing it was done to. For a row without a uuid key it is computed by entity_id().';
COMMENT ON COLUMN awgp.trail_list.entity_name IS 'The name of the thing: e-mail address of a user, slug of an assistant or tenant as they are now; otherwise the title, slug or name in its state, and the provider of a pool. NULL: it has no name.';
COMMENT ON COLUMN awgp.trail_list.changed IS 'Names of the columns that an update changed, without updated_at; NULL for an event without two states.';
COMMENT ON COLUMN awgp.trail_list.status_before IS 'The status before; NULL: it has none.';
COMMENT ON COLUMN awgp.trail_list.status_after IS 'The status after; NULL: it has none.';
COMMENT ON COLUMN awgp.trail_list.origin IS 'log_event for what a client wrote, import for an old row that awgp import brought in; NULL for what AWGP recorded itself.';
COMMENT ON COLUMN awgp.trail_list.login IS 'The login role of the session.';
COMMENT ON COLUMN awgp.trail_list.before_state IS 'The row before the change, a JSON object; NULL for an insert. Secret columns are masked (awgp.audit_mask), content of conversations and flags is replaced by a digest, and what exceeds awgp.audit_event_max is left out.';
COMMENT ON COLUMN awgp.trail_list.after_state IS 'The row after the change, in the same form; NULL for a delete. For an event of AWGP: its facts.';
COMMENT ON COLUMN awgp.trail_list.metadata IS 'A JSON object. AWGP sets role (the login role), on_behalf_of (the user for whom an assistant acted), key (the primary key of a tracked row without a uuid key), left_out (names of what was too large) and origin (log_event, if a client wrote the event). All else is what log_event() was given.';
COMMENT ON COLUMN awgp.trail_list.chain_lane IS 'Lane of the tenant''s chain, 0 and up.';
COMMENT ON COLUMN awgp.trail_list.chain_seq IS 'Place in the lane, from 1, without gaps.';
COMMENT ON COLUMN awgp.trail_list.integrity_hash IS 'SHA-256 over the predecessor''s hash and this row''s canonical bytes, in hex.';
COMMENT ON COLUMN awgp.trail_list.previous_hash IS 'The integrity hash of the row before it in its lane; NULL for the first one, and where that row is gone.';
COMMENT ON COLUMN awgp.trail_list.tree_size IS 'Size of the first checkpoint that has it; NULL: no checkpoint has it.';
COMMENT ON COLUMN awgp.trail_list.signed_at IS 'When the database was first shown a signed note of a checkpoint that has it; NULL: never.';

REVOKE ALL ON awgp.trail_list FROM PUBLIC;
GRANT SELECT ON awgp.trail_list TO awgp_app, awgp_auditor;
