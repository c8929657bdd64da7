-- approval_delegations: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, state_machine, touch_updated_at
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('approval_delegations');
COMMENT ON TRIGGER bounds ON awgp.approval_delegations IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.approval_delegations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('approval_delegations');
COMMENT ON TRIGGER guard_statement ON awgp.approval_delegations IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('approval_delegations', 'own');
COMMENT ON TRIGGER guard_row ON awgp.approval_delegations IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER state_machine BEFORE INSERT OR UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.delegation_machine('approval_delegations');
COMMENT ON TRIGGER state_machine ON awgp.approval_delegations IS 'A user delegates no more than their own authority, and a delegation is revoked once.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('approval_delegations');
COMMENT ON TRIGGER touch_updated_at ON awgp.approval_delegations IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('approval_delegations');
COMMENT ON TRIGGER capture ON awgp.approval_delegations IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.approval_delegations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('approval_delegations');
COMMENT ON TRIGGER refuse_truncate ON awgp.approval_delegations IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
