-- approval_delegations: who may write, what may not change, and when it last did.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('approval_delegations');
COMMENT ON TRIGGER bounds ON awgp.approval_delegations IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.approval_delegations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('approval_delegations');
COMMENT ON TRIGGER guard_statement ON awgp.approval_delegations IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('approval_delegations', 'own');
COMMENT ON TRIGGER guard_row ON awgp.approval_delegations IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER state_machine BEFORE INSERT OR UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.delegation_machine('approval_delegations');
COMMENT ON TRIGGER state_machine ON awgp.approval_delegations IS 'No more is passed on than the delegator has, and it is taken back once.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('approval_delegations');
COMMENT ON TRIGGER touch_updated_at ON awgp.approval_delegations IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.approval_delegations
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('approval_delegations');
COMMENT ON TRIGGER capture ON awgp.approval_delegations IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.approval_delegations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('approval_delegations');
COMMENT ON TRIGGER refuse_truncate ON awgp.approval_delegations IS 'The trail could not say which rows went.';
