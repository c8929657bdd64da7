CREATE OR REPLACE FUNCTION awgp.assistant_machine() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_assistant_machine';
COMMENT ON FUNCTION awgp.assistant_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): the status moves as docs/state_machines.md draws it (55000, illegal_transition); keeps status_changed_at and created_by.';
