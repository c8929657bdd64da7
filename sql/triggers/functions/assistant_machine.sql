CREATE OR REPLACE FUNCTION awgp.assistant_machine() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_assistant_machine';
COMMENT ON FUNCTION awgp.assistant_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): the status changes as docs/state_machines.md shows (55000, illegal_transition); keeps status_changed_at and created_by.';
