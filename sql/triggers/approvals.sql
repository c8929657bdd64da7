-- approvals: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, state_machine, touch_updated_at
--   after a row: capture, reference_approvers, state_effects

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('approvals');
COMMENT ON TRIGGER bounds ON awgp.approvals IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.approvals
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('approvals');
COMMENT ON TRIGGER guard_statement ON awgp.approvals IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('approvals', 'own');
COMMENT ON TRIGGER guard_row ON awgp.approvals IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER state_machine BEFORE INSERT OR UPDATE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.approval_machine('approvals');
COMMENT ON TRIGGER state_machine ON awgp.approvals IS 'An approval is for the work item as it is when the approval is requested. The status changes as docs/state_machines.md shows.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('approvals');
COMMENT ON TRIGGER touch_updated_at ON awgp.approvals IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER reference_approvers AFTER INSERT OR UPDATE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_user_array('approvals', 'approver_ids');
COMMENT ON TRIGGER reference_approvers ON awgp.approvals IS 'Every approver is a user of the same tenant.';

CREATE OR REPLACE TRIGGER state_effects AFTER INSERT OR UPDATE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.approval_effects('approvals');
COMMENT ON TRIGGER state_effects ON awgp.approvals IS 'The work item waits, and the channel awgp_approvals is notified.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.approvals
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('approvals', 'exclude=arguments,requested_arguments');
COMMENT ON TRIGGER capture ON awgp.approvals IS 'Every change is recorded in the audit trail, without the arguments of an action: their digest is.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.approvals
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('approvals');
COMMENT ON TRIGGER refuse_truncate ON awgp.approvals IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
