-- communication_policies: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_policy, guard_row, touch_updated_at
--   after a row: capture, forget_windows

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('communication_policies');
COMMENT ON TRIGGER bounds ON awgp.communication_policies IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.communication_policies
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('communication_policies');
COMMENT ON TRIGGER guard_statement ON awgp.communication_policies IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('communication_policies', 'own');
COMMENT ON TRIGGER guard_row ON awgp.communication_policies IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER guard_policy BEFORE INSERT OR UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_policy('communication_policies');
COMMENT ON TRIGGER guard_policy ON awgp.communication_policies IS 'Types, channels, content rules and limits that cannot be used are refused (invalid_policy).';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('communication_policies');
COMMENT ON TRIGGER touch_updated_at ON awgp.communication_policies IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER forget_windows AFTER DELETE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.forget_windows('communication_policies');
COMMENT ON TRIGGER forget_windows ON awgp.communication_policies IS 'The counters of a deleted policy are deleted.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('communication_policies');
COMMENT ON TRIGGER capture ON awgp.communication_policies IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.communication_policies
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('communication_policies');
COMMENT ON TRIGGER refuse_truncate ON awgp.communication_policies IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
