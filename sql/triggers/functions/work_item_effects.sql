CREATE OR REPLACE FUNCTION awgp.work_item_effects() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_work_item_effects';
COMMENT ON FUNCTION awgp.work_item_effects() IS 'AFTER UPDATE … FOR EACH ROW (table): the open approvals of an item that begins or ends are withdrawn.';
