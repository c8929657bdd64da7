-- The months of the audit trail.

COMMENT ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) IS 'Makes the audit partitions of the month of at (default: now) and of the next months_ahead months (0 to 120), where they are missing, and returns their names; of months from 1970 to a hundred years from now. Error 22023 out_of_range. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.drain_default_partition() IS 'Makes the partitions of months that were missed, moves the default partition''s rows into them, unchanged, and returns made, moved and failed. Writers wait until the transaction ends. Error 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.drain_default_partition() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.seal_due_partitions(timestamptz) IS 'Seals every partition whose month was over an hour before at (default: now; not later than now), each by itself, and returns sealed and failed. SECURITY DEFINER: as seal_partition().';
GRANT EXECUTE ON FUNCTION awgp.seal_due_partitions(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.retire_partition(text, timestamptz) IS 'Takes a month out of the trail: verifies it against its seal, detaches its table, leaves its anchors, and records that. at: not later than now. Errors: 55000 retention_too_short, partition_held, partition_too_young, partition_not_sealed, partition_not_checkpointed, audit_findings; P0002 unknown_partition; 22023 out_of_range; 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.retire_partition(text, timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.retirement_blocked_by(text, timestamptz) IS 'The reason for which retire_partition() would refuse a partition at a moment (default: now); NULL where it would not. SECURITY DEFINER: it reads holds and checkpoints of all tenants and answers with a reason.';
GRANT EXECUTE ON FUNCTION awgp.retirement_blocked_by(text, timestamptz) TO awgp_auditor, awgp_maintainer;

COMMENT ON FUNCTION awgp.hold_partition(text, text) IS 'Puts a month on legal hold and returns the hold''s id: it is not retired until every hold on it is released. Errors: P0002 unknown_partition; 22023 out_of_range. SECURITY DEFINER: nobody writes the holds but these functions.';
GRANT EXECUTE ON FUNCTION awgp.hold_partition(text, text) TO awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.hold_tenant_trail(uuid, text) IS 'Puts every month that has rows of a tenant on legal hold, those to come included, and returns the hold''s id. Errors: 22023 out_of_range; 23503 for an unknown tenant. SECURITY DEFINER: as hold_partition().';
GRANT EXECUTE ON FUNCTION awgp.hold_tenant_trail(uuid, text) TO awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.release_hold(uuid, text) IS 'Releases a legal hold; false where no hold in force has this id. Error 22023 out_of_range. SECURITY DEFINER: as hold_partition().';
GRANT EXECUTE ON FUNCTION awgp.release_hold(uuid, text) TO awgp_admin;

COMMENT ON FUNCTION awgp.load_partition_rows(text, text[]) IS 'Loads rows of a retired month whose table is gone, lines of its export, and returns how many; restore_partition() then verifies them, in the same transaction. Errors (55000): partition_not_retired, partition_present. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.load_partition_rows(text, text[]) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.restore_partition(text) IS 'Brings a retired month back for reading: verifies its rows against the link before each lane, the anchors and the seal, attaches it, and records that. Errors: 55000 partition_not_retired, partition_gone, audit_findings; 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.restore_partition(text) TO awgp_maintainer;
