-- communication_policies: who may write, what may not change, and when it last did.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('communication_policies');
COMMENT ON TRIGGER bounds ON awgp.communication_policies IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.communication_policies
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('communication_policies');
COMMENT ON TRIGGER guard_statement ON awgp.communication_policies IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('communication_policies', 'own');
COMMENT ON TRIGGER guard_row ON awgp.communication_policies IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER guard_policy BEFORE INSERT OR UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_policy('communication_policies');
COMMENT ON TRIGGER guard_policy ON awgp.communication_policies IS 'Types, channels, content rules and limit can be used; what cannot is named.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('communication_policies');
COMMENT ON TRIGGER touch_updated_at ON awgp.communication_policies IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER forget_windows AFTER DELETE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.forget_windows('communication_policies');
COMMENT ON TRIGGER forget_windows ON awgp.communication_policies IS 'The counts of a policy go with it.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.communication_policies
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('communication_policies');
COMMENT ON TRIGGER capture ON awgp.communication_policies IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.communication_policies
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('communication_policies');
COMMENT ON TRIGGER refuse_truncate ON awgp.communication_policies IS 'The trail could not say which rows went.';
