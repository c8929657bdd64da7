-- The audit trail.

COMMENT ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb, text[], text) IS 'Records an event of the tenant in context that is not a change of a governed table, and returns its audit id.
action: what was done, 1 to 200 bytes
entity_type: the kind of thing it was done to, 1 to 200 bytes
entity_id: the id of the thing; NULL: it has none
before: its state before; values of secret keys, which the setting awgp.audit_mask lists, are masked. NULL: none
after: its state after, masked likewise. NULL: none
metadata: what else is known, a JSON object. The keys role, on_behalf_of, origin, left_out and erasable are AWGP''s: given ones are replaced, and origin becomes log_event. NULL: nothing
erasable: names of members of before, after and metadata of which the event has a commitment only, so that erase_user() can erase the values; NULL or an empty array: none
subject: whose the erasable values are, such as the id of a user, 1 to 200 bytes; NULL: entity_id
Errors: 42501 no_tenant_context; 22023 out_of_range
SECURITY DEFINER: applications may not use the sequence of the ids';
GRANT EXECUTE ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb, text[], text) TO awgp_app;

COMMENT ON FUNCTION awgp.flush_audit() IS 'Writes the audit rows that the running transaction has recorded so far, so that it can read them, and returns how many. At commit this happens by itself.';
GRANT EXECUTE ON FUNCTION awgp.flush_audit() TO awgp_app, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.verify_audit(uuid, text) IS 'Verifies the audit trail that the caller may read. One row for each finding, with severity, kind and the row it is about; no row means that the trail is intact. It reads the tables and not the indexes, and its memory does not grow with the number of rows.
tenant_id: only this tenant''s trail; NULL: all that the caller may read
partition_name: only this partition; NULL: all
Errors: P0002 unknown_partition';
GRANT EXECUTE ON FUNCTION awgp.verify_audit(uuid, text) TO awgp_app, awgp_auditor;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.verify_audit(uuid, text) SET jit = off;

COMMENT ON FUNCTION awgp.track_table(regclass, text[], text[], text[], text) IS 'Records every insert, update and delete of a table that the caller owns in the audit trail, from now on, and returns its name. Calling it again replaces the options. docs/tracking.md says what may be tracked.
table: the table; it has a column tenant_id uuid NOT NULL. TABLE is a reserved word: pass it by position, or as "table" => ''shop.orders''
exclude: columns that are left out of the trail; NULL or an empty array: none
mask: columns whose values are masked in the trail; NULL or an empty array: none
erasable: columns of which the trail has a commitment only, so that erase_user() can erase the values; NULL or an empty array: none
subject: the column that says whose the erasable values of a row are, such as the id of a user; needed with erasable columns
Errors: 22023 not_trackable, unknown_column, out_of_range';
GRANT EXECUTE ON FUNCTION awgp.track_table(regclass, text[], text[], text[], text) TO awgp_app, awgp_admin;

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

COMMENT ON FUNCTION awgp.prove_audit(bigint, bigint, uuid) IS 'The parts of the proof that an audit row is in a checkpoint: {row, leaf_index, path, tree_size, body}. body is the text of the checkpoint. With the signed note of this body in place of tree_size and body they make the proof of docs/checkpoints.md; awgp audit prove does that.
audit_id: a row that the caller may read
tree_size: the size of the checkpoint''s tree; NULL: the newest
tenant_id: the tenant of the row. It is needed where rows of several tenants have the id, as they may after a family has moved here; NULL: whichever has it
Errors: 22023 audit_id_ambiguous; P0002 unknown_audit_row, unknown_checkpoint; 55000 row_not_checkpointed, audit_findings';
GRANT EXECUTE ON FUNCTION awgp.prove_audit(bigint, bigint, uuid) TO awgp_app, awgp_auditor;

COMMENT ON FUNCTION awgp.partition_is_checkpointed(text) IS 'True if checkpoints with confirmed signatures cover every row of a sealed partition. False if the partition is not sealed or does not exist.
partition_name: the partition
SECURITY DEFINER: maintainers read no anchors';
GRANT EXECUTE ON FUNCTION awgp.partition_is_checkpointed(text) TO awgp_auditor, awgp_maintainer;

COMMENT ON FUNCTION awgp.set_erasable(regclass, text[]) IS 'Declares which columns of a table of AWGP''s own are erasable from now on, in place of what was declared before, and returns them. The trail has a commitment in place of their values, and erase_user() can erase them. It waits for running writers of the table. docs/erasure.md lists the columns and says which to declare.
table: one of awgp.users, awgp.work_items, awgp.approvals, awgp.approval_decisions and awgp.approval_delegations. TABLE is a reserved word: pass it by position, or as "table" => ''awgp.users''
columns: the columns; an empty array: none
Errors: 22023 out_of_range
SECURITY DEFINER: nobody writes the declarations otherwise';
GRANT EXECUTE ON FUNCTION awgp.set_erasable(regclass, text[]) TO awgp_admin;

COMMENT ON FUNCTION awgp.erase_user(uuid, text, boolean) IS 'Erases the personal data of a user of the tenant in context, and says what was found where, what remains, and why. It erases the user''s own row, which stays, inactive, under an address that nobody has; the erasable values of the trail that are the user''s; declared columns of rows that they created or wrote, and conversations about their work items, if those are over. The trail still verifies. What is on legal hold remains. One row for each place: place, what, found, erased, remains and why. Calling it again finds nothing more. No assistant may be in context.
user_id: the user, active or not
reason: why, 1 to 500 bytes; it is kept for good: do not name a person
dry_run: true: only says what it would erase
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, role_grant, human_needed, unknown_user; 22023 out_of_range; 55000 erasure_isolation
SECURITY DEFINER: nobody else writes the erasable values';
GRANT EXECUTE ON FUNCTION awgp.erase_user(uuid, text, boolean) TO awgp_app;

COMMENT ON FUNCTION awgp.erase_subject(regclass, text, text, boolean) IS 'Erases the erasable values of a subject that is no user of AWGP, such as a customer, from the trail of the tenant in context, and says what was found where, what remains, and why, as erase_user() does. The rows of the table itself stay: change or delete them first. The trail still verifies. What is on legal hold remains. Calling it again finds nothing more. No assistant may be in context.
table: a table that is or was tracked; NULL: every one, and the events of log_event(). TABLE is a reserved word: pass it by position, or as "table" => ''shop.orders''
subject: whose values, as the subject column of the table has it; not the id of a user
reason: why, 1 to 500 bytes; it is kept for good: do not name a person
dry_run: true: only says what it would erase
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, human_needed; 22023 out_of_range; 55000 erasure_isolation
SECURITY DEFINER: nobody else writes the erasable values';
GRANT EXECUTE ON FUNCTION awgp.erase_subject(regclass, text, text, boolean) TO awgp_app;

COMMENT ON FUNCTION awgp.erasable_commitment(bytea, jsonb) IS 'The commitment to a value under a salt, as the trail has it in place of an erasable value, in hex.
salt: the salt, 32 bytes
value: the value';
GRANT EXECUTE ON FUNCTION awgp.erasable_commitment(bytea, jsonb) TO awgp_app, awgp_auditor;
