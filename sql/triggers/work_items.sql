-- work_items: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, state_machine, touch_updated_at
--   after a row: capture, state_effects

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('work_items');
COMMENT ON TRIGGER bounds ON awgp.work_items IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.work_items
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('work_items');
COMMENT ON TRIGGER guard_statement ON awgp.work_items IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('work_items', 'own');
COMMENT ON TRIGGER guard_row ON awgp.work_items IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER state_machine BEFORE INSERT OR UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.work_item_machine('work_items');
COMMENT ON TRIGGER state_machine ON awgp.work_items IS 'The status changes as docs/state_machines.md shows, and work begins only if everything allows it.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('work_items');
COMMENT ON TRIGGER touch_updated_at ON awgp.work_items IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER state_effects AFTER UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.work_item_effects('work_items');
COMMENT ON TRIGGER state_effects ON awgp.work_items IS 'The open approvals of an item that begins or ends are withdrawn.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('work_items');
COMMENT ON TRIGGER capture ON awgp.work_items IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.work_items
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('work_items');
COMMENT ON TRIGGER refuse_truncate ON awgp.work_items IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
