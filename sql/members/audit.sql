-- The audit trail.

COMMENT ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) IS 'Records an event of the tenant in context that is not a change of a governed table, and returns its audit id.
action: what was done, 1 to 200 bytes
entity_type: the kind of thing it was done to, 1 to 200 bytes
entity_id: the id of the thing
before: its state before; values of secret fields are masked
after: its state after, masked likewise
metadata: what else is known, a JSON object
Errors: 42501 no_tenant_context; 22023 out_of_range
SECURITY DEFINER: applications may not use the sequence of the ids';
GRANT EXECUTE ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.flush_audit() IS 'Writes the audit rows that the running transaction has recorded so far, so that it can read them, and returns how many. At commit this happens by itself.';
GRANT EXECUTE ON FUNCTION awgp.flush_audit() TO awgp_app, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.verify_audit(uuid, text) IS 'Verifies the audit trail that the caller may read: one row a finding, with severity, kind and the row it is about. No row means that the trail is intact. It reads the tables and not the indexes, and its memory does not grow with the number of rows.
tenant_id: only this tenant''s trail; empty for all that the caller may read
partition_name: only this partition; empty for all
Errors: P0002 unknown_partition';
GRANT EXECUTE ON FUNCTION awgp.verify_audit(uuid, text) TO awgp_app, awgp_auditor;

COMMENT ON FUNCTION awgp.track_table(regclass, text[], text[]) IS 'Records every insert, update and delete of a table of the caller''s own from now on, and returns its name.
table: the table; it has a column tenant_id uuid NOT NULL
exclude: columns that are left out of the trail
mask: columns whose values are masked in the trail
Errors: 22023 not_trackable, unknown_column';
GRANT EXECUTE ON FUNCTION awgp.track_table(regclass, text[], text[]) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.entity_names(text) IS 'The entity types under which the trail has the rows of a table: its name, and the names that it had while it was tracked.
entity: the table with its schema; any other text is returned as it is';
GRANT EXECUTE ON FUNCTION awgp.entity_names(text) TO awgp_app, awgp_auditor, awgp_admin;

COMMENT ON FUNCTION awgp.untrack_table(regclass) IS 'Stops recording a table from now on, and returns its name.
table: a tracked table
Errors: 22023 not_trackable';
GRANT EXECUTE ON FUNCTION awgp.untrack_table(regclass) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.seal_partition(text) IS 'Seals the partition of a month that is over: waits for open writers, verifies the partition, records its highest id, the root over its lane heads and the first and last link of each lane, and returns them. Sealing it again verifies it again.
name: the partition, as audit_logs_2026_01
Errors: 55000 partition_open, audit_findings; P0002 unknown_partition
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.seal_partition(text) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.audit_checkpoint(uuid) IS 'Appends a tenant''s new audit rows to its tree and returns the checkpoint: tenant_id, tree_size, root_hash, body (the text that is signed outside of the database) and how many rows were appended. Without new rows it returns the checkpoint that is there.
tenant_id: a tenant, or the install id for the system''s own chain
Errors: P0002 audit_empty; 55000 audit_findings; 40001 above READ COMMITTED, where another session was faster
SECURITY DEFINER: auditors and maintainers write no table';
GRANT EXECUTE ON FUNCTION awgp.audit_checkpoint(uuid) TO awgp_auditor, awgp_maintainer;

COMMENT ON FUNCTION awgp.confirm_checkpoint(text, text) IS 'Records that a checkpoint was signed, and returns true.
note: the signed note
public_key: name+id+key of the signer
Errors: 22023 checkpoint_key, private_key, note_malformed; 42501 note_wrong_key, note_bad_signature; P0002 unknown_checkpoint
SECURITY DEFINER: auditors write no table';
GRANT EXECUTE ON FUNCTION awgp.confirm_checkpoint(text, text) TO awgp_auditor;

COMMENT ON FUNCTION awgp.prove_audit(bigint, bigint) IS 'The proof that an audit row is in a checkpoint: row, leaf_index, path, tree_size and body.
audit_id: a row that the caller may read
tree_size: the size of the checkpoint; empty for the newest
Errors: P0002 unknown_audit_row, unknown_checkpoint; 55000 row_not_checkpointed, audit_findings';
GRANT EXECUTE ON FUNCTION awgp.prove_audit(bigint, bigint) TO awgp_app, awgp_auditor;

COMMENT ON FUNCTION awgp.partition_is_checkpointed(text) IS 'True where a checkpoint with a confirmed signature covers every row of a sealed partition; false also where the partition is not sealed.
partition_name: the partition
SECURITY DEFINER: maintainers read no anchors';
GRANT EXECUTE ON FUNCTION awgp.partition_is_checkpointed(text) TO awgp_auditor, awgp_maintainer;
