-- The months of the audit trail.

COMMENT ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) IS 'Makes the audit partitions of a month and of the months after it that are missing, and returns their names. Months from 1970 to a hundred years from now can be made.
months_ahead: how many months after it, 0 to 120; NULL is refused
at: a moment of the first month, which may be in the future; NULL: now
Errors: 22023 out_of_range; 55000 partition_name_taken
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.drain_default_partition() IS 'Makes the partitions of months that were missed, and moves the rows of the default partition into them, unchanged. Returns {made, moved: [{partition_name, rows}], failed: [{partition_name, error}]}. Writers wait until the transaction ends.
Errors: 40001 trail_busy
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.drain_default_partition() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.seal_due_partitions(timestamptz) IS 'Seals every partition whose month ended more than an hour ago, each by itself, and returns {sealed, failed: [{partition_name, error}]}. After a change of partitions in the same transaction it seals nothing and names them in left_to_the_next_run.
at: what is due at this moment; NULL or a future moment: now
SECURITY DEFINER: as seal_partition()';
GRANT EXECUTE ON FUNCTION awgp.seal_due_partitions(timestamptz) TO awgp_maintainer;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.seal_due_partitions(timestamptz) SET jit = off;

COMMENT ON FUNCTION awgp.retire_partition(text, timestamptz) IS 'Takes a month out of the trail: verifies it against its seal, detaches its table, keeps its anchors, and records that. Returns {partition_name, retention_days, at}.
name: the partition
at: the moment at which the retention is judged; NULL: now. A future moment is refused
Errors: 55000 retention_too_short, partition_held, partition_too_young, partition_not_sealed, partition_not_checkpointed, audit_findings; P0002 unknown_partition; 22023 out_of_range; 40001 trail_busy
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.retire_partition(text, timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.retirement_blocked_by(text, timestamptz) IS 'Why retire_partition() would refuse the partition, as a reason of docs/errors.md; NULL if it would not. For a name that is no attached partition: unknown_partition.
name: the partition
at: would it be refused at this moment, which may be in the future; NULL: now
SECURITY DEFINER: it reads the holds and checkpoints of all tenants, and returns only a reason';
GRANT EXECUTE ON FUNCTION awgp.retirement_blocked_by(text, timestamptz) TO awgp_auditor, awgp_maintainer;

COMMENT ON FUNCTION awgp.hold_partition(text, text) IS 'Puts a month on legal hold and returns the id of the hold. The month is not retired before every hold on it is released. A month that is retired already can be held too.
name: the partition
reason: why; not empty
Errors: P0002 unknown_partition; 22023 out_of_range
SECURITY DEFINER: only these functions write the holds';
GRANT EXECUTE ON FUNCTION awgp.hold_partition(text, text) TO awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.hold_tenant_trail(uuid, text) IS 'Puts every month with rows of a tenant on legal hold, later months included, and returns the id of the hold.
tenant_id: the tenant
reason: why; not empty
Errors: 22023 out_of_range; 23503 audit_legal_holds_held_tenant_id_fkey
SECURITY DEFINER: as hold_partition()';
GRANT EXECUTE ON FUNCTION awgp.hold_tenant_trail(uuid, text) TO awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.release_hold(uuid, text) IS 'Releases a legal hold, and returns true; false if no hold in force has this id.
hold_id: the hold
reason: why; not empty
Errors: 22023 out_of_range
SECURITY DEFINER: as hold_partition()';
GRANT EXECUTE ON FUNCTION awgp.release_hold(uuid, text) TO awgp_admin;

COMMENT ON FUNCTION awgp.load_partition_rows(text, text[]) IS 'Loads rows of a retired month whose table is gone, and returns how many. Call restore_partition() in the same transaction: it verifies them.
name: the partition
lines: lines of its export
Errors: 55000 partition_not_retired, partition_present; 22023 json_unsupported
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.load_partition_rows(text, text[]) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.restore_partition(text) IS 'Brings a retired month back for reading: verifies its rows against the last link before the month in each lane, the anchors and the seal, attaches it, and records that. Returns {partition_name, rows}.
name: the partition; a name that is not that of a retired month: partition_not_retired
Errors: 55000 partition_not_retired, partition_gone, audit_findings; 40001 trail_busy
SECURITY DEFINER: maintainers own no table';
GRANT EXECUTE ON FUNCTION awgp.restore_partition(text) TO awgp_maintainer;
