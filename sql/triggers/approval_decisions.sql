-- approval_decisions: written by the machine of approvals alone.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds, guard_decision
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.approval_decisions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('approval_decisions');
COMMENT ON TRIGGER bounds ON awgp.approval_decisions IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_decision BEFORE INSERT OR UPDATE OR DELETE ON awgp.approval_decisions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_decision('approval_decisions');
COMMENT ON TRIGGER guard_decision ON awgp.approval_decisions IS 'Only AWGP writes votes, and no vote is changed. A user who has voted, or on whose behalf somebody has voted, is named by no other vote on the approval.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.approval_decisions
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('approval_decisions');
COMMENT ON TRIGGER capture ON awgp.approval_decisions IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.approval_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('approval_decisions');
COMMENT ON TRIGGER refuse_truncate ON awgp.approval_decisions IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
