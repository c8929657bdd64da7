-- Maintenance.

COMMENT ON FUNCTION awgp.run_maintenance(timestamptz, text[]) IS 'Runs the steps of maintenance that are due, each in a subtransaction, and returns what each did or why it failed. already_running means that another session runs maintenance now, and that this call did nothing.
at: the moment to look at; now where it is empty
steps: only these steps; empty for all
Errors: 22023 unknown_maintenance_step';
GRANT EXECUTE ON FUNCTION awgp.run_maintenance(timestamptz, text[]) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.maintenance_steps() IS 'The names of the steps of maintenance, in the order in which they run.';
GRANT EXECUTE ON FUNCTION awgp.maintenance_steps() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.begin_maintenance() IS 'Keeps other sessions from running maintenance until this session ends or calls end_maintenance(), and returns true; false where another session runs it now.';
GRANT EXECUTE ON FUNCTION awgp.begin_maintenance() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.end_maintenance() IS 'Undoes begin_maintenance(), and returns true; false where this session had not called it.';
GRANT EXECUTE ON FUNCTION awgp.end_maintenance() TO awgp_maintainer;
