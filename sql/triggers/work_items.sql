-- work_items: who may write, what may not change, and when it last did.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('work_items');
COMMENT ON TRIGGER bounds ON awgp.work_items IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.work_items
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('work_items');
COMMENT ON TRIGGER guard_statement ON awgp.work_items IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('work_items', 'own');
COMMENT ON TRIGGER guard_row ON awgp.work_items IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER state_machine BEFORE INSERT OR UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.work_item_machine('work_items');
COMMENT ON TRIGGER state_machine ON awgp.work_items IS 'The status moves along its machine, and work begins through the gate.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('work_items');
COMMENT ON TRIGGER touch_updated_at ON awgp.work_items IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER state_effects AFTER UPDATE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.work_item_effects('work_items');
COMMENT ON TRIGGER state_effects ON awgp.work_items IS 'An item that has begun or ended withdraws its open approvals.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.work_items
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('work_items');
COMMENT ON TRIGGER capture ON awgp.work_items IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.work_items
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('work_items');
COMMENT ON TRIGGER refuse_truncate ON awgp.work_items IS 'The trail could not say which rows went.';
