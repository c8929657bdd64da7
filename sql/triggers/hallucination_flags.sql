-- hallucination_flags: who may write, what may not change, and when it last did.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('hallucination_flags');
COMMENT ON TRIGGER bounds ON awgp.hallucination_flags IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.hallucination_flags
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('hallucination_flags');
COMMENT ON TRIGGER guard_statement ON awgp.hallucination_flags IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('hallucination_flags', 'own');
COMMENT ON TRIGGER guard_row ON awgp.hallucination_flags IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('hallucination_flags');
COMMENT ON TRIGGER touch_updated_at ON awgp.hallucination_flags IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('hallucination_flags', 'exclude=flagged_content,notes,content_salt');
COMMENT ON TRIGGER capture ON awgp.hallucination_flags IS 'Every change is recorded in the audit trail, with the digest in place of what was said.';

CREATE OR REPLACE TRIGGER keep_flag BEFORE INSERT OR UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_flag('hallucination_flags');
COMMENT ON TRIGGER keep_flag ON awgp.hallucination_flags IS 'A flag is written once, as pending, and moves by reviews of those who may.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.hallucination_flags
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('hallucination_flags');
COMMENT ON TRIGGER refuse_truncate ON awgp.hallucination_flags IS 'The trail could not say which rows went.';

CREATE OR REPLACE TRIGGER suspend_over_flags AFTER UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.suspend_over_flags('hallucination_flags');
COMMENT ON TRIGGER suspend_over_flags ON awgp.hallucination_flags IS 'Confirmed flags suspend their assistant where the tenant''s policy says so.';
