CREATE OR REPLACE FUNCTION awgp.approval_effects() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_approval_effects';
COMMENT ON FUNCTION awgp.approval_effects() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): the work item waits, and the channel awgp_approvals is notified.';
