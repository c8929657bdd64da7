-- The audit trail.

COMMENT ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) IS 'Records an event of the tenant in context that is not a change of a governed table, and returns its audit id.
action: what was done, 1 to 200 bytes
entity_type: the kind of thing it was done to, 1 to 200 bytes
entity_id: the id of the thing; NULL: it has none
before: its state before; values of secret keys, which the setting awgp.audit_mask lists, are masked. NULL: none
after: its state after, masked likewise. NULL: none
metadata: what else is known, a JSON object. The keys role, on_behalf_of, origin and left_out are AWGP''s: given ones are replaced, and origin becomes log_event. NULL: nothing
Errors: 42501 no_tenant_context; 22023 out_of_range
SECURITY DEFINER: applications may not use the sequence of the ids';
GRANT EXECUTE ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.flush_audit() IS 'Writes the audit rows that the running transaction has recorded so far, so that it can read them, and returns how many. At commit this happens by itself.';
GRANT EXECUTE ON FUNCTION awgp.flush_audit() TO awgp_app, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.verify_audit(uuid, text) IS 'Verifies the audit trail that the caller may read. One row for each finding, with severity, kind and the row it is about; no row means that the trail is intact. It reads the tables and not the indexes, and its memory does not grow with the number of rows.
tenant_id: only this tenant''s trail; NULL: all that the caller may read
partition_name: only this partition; NULL: all
Errors: P0002 unknown_partition';
GRANT EXECUTE ON FUNCTION awgp.verify_audit(uuid, text) TO awgp_app, awgp_auditor;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.verify_audit(uuid, text) SET jit = off;

COMMENT ON FUNCTION awgp.track_table(regclass, text[], text[]) IS 'Records every insert, update and delete of a table that the caller owns in the audit trail, from now on, and returns its name. Calling it again replaces the options. docs/tracking.md says what may be tracked.
table: the table; it has a column tenant_id uuid NOT NULL. TABLE is a reserved word: pass it by position, or as "table" => ''shop.orders''
exclude: columns that are left out of the trail; NULL or an empty array: none
mask: columns whose values are masked in the trail; NULL or an empty array: none
Errors: 22023 not_trackable, unknown_column';
GRANT EXECUTE ON FUNCTION awgp.track_table(regclass, text[], text[]) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.entity_names(text) IS 'The entity types under which the trail has the rows of a table: its name, and the names that it had while it was tracked.
entity: the table with its schema; any other text is returned as it is';
GRANT EXECUTE ON FUNCTION awgp.entity_names(text) TO awgp_app, awgp_auditor, awgp_admin;

COMMENT ON FUNCTION awgp.untrack_table(regclass) IS 'Stops recording a table from now on, and returns its name. What was recorded stays.
table: a table that the caller owns; pass it by position, or as "table" => ''shop.orders''
Errors: 22023 not_trackable';
GRANT EXECUTE ON FUNCTION awgp.untrack_table(regclass) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.seal_partition(text) IS 'Seals the partition of a month that is over. It waits for open writers and verifies the partition. Then it records the highest id, the root over the lane heads, and the first and last link of each lane. Returns {partition_name, last_sequence_number, cumulative_hash, lanes}, lanes being their number. Sealing it again verifies it again.
name: the partition, such as audit_logs_2026_01
Errors: 55000 partition_open, audit_findings; P0002 unknown_partition
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.seal_partition(text) TO awgp_maintainer;
ALTER FUNCTION awgp.seal_partition(text) SET jit = off;

COMMENT ON FUNCTION awgp.audit_checkpoint(uuid) IS 'Appends a tenant''s new audit rows to its tree and returns the checkpoint as {tenant_id, tree_size, root_hash, body, appended}: body is the text that is signed outside of the database, appended the number of new rows. Without new rows it returns the newest checkpoint.
tenant_id: a tenant, or the install id (installation.id) for the system''s own chain
Errors: P0002 audit_empty; 55000 audit_findings; 40001 at REPEATABLE READ or SERIALIZABLE, if another session made a checkpoint meanwhile
SECURITY DEFINER: auditors and maintainers write no table';
GRANT EXECUTE ON FUNCTION awgp.audit_checkpoint(uuid) TO awgp_auditor, awgp_maintainer;
ALTER FUNCTION awgp.audit_checkpoint(uuid) SET jit = off;

COMMENT ON FUNCTION awgp.confirm_checkpoint(text, text) IS 'Records that it received the signed note of a checkpoint, so that months can be retired. Returns true, or raises an error.
note: the signed note
public_key: the public key of the signer, as name+id+key
Errors: 22023 checkpoint_key, private_key, note_malformed; 42501 note_wrong_key, note_bad_signature; P0002 unknown_checkpoint
SECURITY DEFINER: auditors write no table';
GRANT EXECUTE ON FUNCTION awgp.confirm_checkpoint(text, text) TO awgp_auditor;

COMMENT ON FUNCTION awgp.prove_audit(bigint, bigint) IS 'The parts of the proof that an audit row is in a checkpoint: {row, leaf_index, path, tree_size, body}. body is the text of the checkpoint. With the signed note of this body in place of tree_size and body they make the proof of docs/checkpoints.md; awgp audit prove does that.
audit_id: a row that the caller may read
tree_size: the size of the checkpoint''s tree; NULL: the newest
Errors: P0002 unknown_audit_row, unknown_checkpoint; 55000 row_not_checkpointed, audit_findings';
GRANT EXECUTE ON FUNCTION awgp.prove_audit(bigint, bigint) TO awgp_app, awgp_auditor;

COMMENT ON FUNCTION awgp.partition_is_checkpointed(text) IS 'True if checkpoints with confirmed signatures cover every row of a sealed partition. False if the partition is not sealed or does not exist.
partition_name: the partition
SECURITY DEFINER: maintainers read no anchors';
GRANT EXECUTE ON FUNCTION awgp.partition_is_checkpointed(text) TO awgp_auditor, awgp_maintainer;
