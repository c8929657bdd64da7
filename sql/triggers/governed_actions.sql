-- governed_actions: when they last changed, and the record of it.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds, touch_updated_at
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.governed_actions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('governed_actions');
COMMENT ON TRIGGER bounds ON awgp.governed_actions IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.governed_actions
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('governed_actions');
COMMENT ON TRIGGER touch_updated_at ON awgp.governed_actions IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.governed_actions
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('governed_actions', 'exclude=result');
COMMENT ON TRIGGER capture ON awgp.governed_actions IS 'Every change is recorded in the audit trail, with a digest instead of the result.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.governed_actions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('governed_actions');
COMMENT ON TRIGGER refuse_truncate ON awgp.governed_actions IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
