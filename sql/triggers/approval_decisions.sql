-- approval_decisions: written by the machine of approvals alone.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.approval_decisions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('approval_decisions');
COMMENT ON TRIGGER bounds ON awgp.approval_decisions IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_decision BEFORE INSERT OR UPDATE OR DELETE ON awgp.approval_decisions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_decision('approval_decisions');
COMMENT ON TRIGGER guard_decision ON awgp.approval_decisions IS 'Votes are written by AWGP alone, and never changed.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.approval_decisions
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('approval_decisions');
COMMENT ON TRIGGER capture ON awgp.approval_decisions IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.approval_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('approval_decisions');
COMMENT ON TRIGGER refuse_truncate ON awgp.approval_decisions IS 'The trail could not say which rows went.';
