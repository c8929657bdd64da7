-- Maintenance.

COMMENT ON FUNCTION awgp.run_maintenance(timestamptz, text[]) IS 'Runs the steps of maintenance that are due, each in a subtransaction, and returns what each did or why it failed: {at, already_running, steps: [{step, ok, did or error, milliseconds}]}. already_running: true means that another session runs maintenance now, and that this call did nothing. docs/maintenance.md explains the steps.
at: what is due at this moment; NULL: now. A future moment makes partitions for its months; to every other step it is now
steps: only these steps; NULL: all. An empty array runs no step
Errors: 22023 unknown_maintenance_step, out_of_range';
GRANT EXECUTE ON FUNCTION awgp.run_maintenance(timestamptz, text[]) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.maintenance_steps() IS 'The names of the steps of maintenance, in the order in which they run. Their last outcomes are in the table of the same name.';
GRANT EXECUTE ON FUNCTION awgp.maintenance_steps() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.begin_maintenance() IS 'Keeps other sessions from running maintenance until this session ends or calls end_maintenance(), and returns true; false if another session runs it now.';
GRANT EXECUTE ON FUNCTION awgp.begin_maintenance() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.end_maintenance() IS 'Undoes begin_maintenance(), and returns true; false if this session had not called it.';
GRANT EXECUTE ON FUNCTION awgp.end_maintenance() TO awgp_maintainer;
