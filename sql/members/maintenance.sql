-- Maintenance.

COMMENT ON FUNCTION awgp.run_maintenance(timestamptz, text[]) IS 'Runs what is due at a moment (default: now), or only the steps named, each in a subtransaction, and returns what each did or why it failed. already_running: another session runs it now, and nothing was done. Error 22023 unknown_maintenance_step.';
GRANT EXECUTE ON FUNCTION awgp.run_maintenance(timestamptz, text[]) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.maintenance_steps() IS 'The names of the steps of maintenance in the order in which they run.';
GRANT EXECUTE ON FUNCTION awgp.maintenance_steps() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.begin_maintenance() IS 'Keeps others from running maintenance until this session ends or calls end_maintenance(); false where another session runs it now.';
GRANT EXECUTE ON FUNCTION awgp.begin_maintenance() TO awgp_maintainer;

COMMENT ON FUNCTION awgp.end_maintenance() IS 'Lets go of what begin_maintenance() has taken; false where this session holds nothing.';
GRANT EXECUTE ON FUNCTION awgp.end_maintenance() TO awgp_maintainer;
