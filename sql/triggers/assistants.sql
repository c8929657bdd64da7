-- assistants: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, state_machine, touch_updated_at
--   after a row: capture, tell_of_suspension
--   after a statement: quota_insert, quota_update

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.assistants
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('assistants');
COMMENT ON TRIGGER bounds ON awgp.assistants IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.assistants
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('assistants');
COMMENT ON TRIGGER guard_statement ON awgp.assistants IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.assistants
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('assistants', 'visible');
COMMENT ON TRIGGER guard_row ON awgp.assistants IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER state_machine BEFORE INSERT OR UPDATE ON awgp.assistants
    FOR EACH ROW EXECUTE FUNCTION awgp.assistant_machine('assistants');
COMMENT ON TRIGGER state_machine ON awgp.assistants IS 'The status changes as docs/state_machines.md shows.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.assistants
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('assistants');
COMMENT ON TRIGGER touch_updated_at ON awgp.assistants IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER quota_insert AFTER INSERT ON awgp.assistants REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_quota('assistants');
COMMENT ON TRIGGER quota_insert ON awgp.assistants IS 'A tenant has no more active assistants than its quota allows.';

CREATE OR REPLACE TRIGGER quota_update AFTER UPDATE ON awgp.assistants
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_quota('assistants');
COMMENT ON TRIGGER quota_update ON awgp.assistants IS 'Users and assistants that become active again count towards the quota too.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.assistants
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('assistants');
COMMENT ON TRIGGER capture ON awgp.assistants IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER tell_of_suspension AFTER UPDATE OF status ON awgp.assistants
    FOR EACH ROW EXECUTE FUNCTION awgp.tell_of_suspension('assistants');
COMMENT ON TRIGGER tell_of_suspension ON awgp.assistants IS 'An assistant that is suspended is a notice, where the tenant routes it.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.assistants
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('assistants');
COMMENT ON TRIGGER refuse_truncate ON awgp.assistants IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
