-- hallucination_flags: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, keep_flag, touch_updated_at
--   after a row: capture, suspend_over_flags

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('hallucination_flags');
COMMENT ON TRIGGER bounds ON awgp.hallucination_flags IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.hallucination_flags
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('hallucination_flags');
COMMENT ON TRIGGER guard_statement ON awgp.hallucination_flags IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('hallucination_flags', 'own');
COMMENT ON TRIGGER guard_row ON awgp.hallucination_flags IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('hallucination_flags');
COMMENT ON TRIGGER touch_updated_at ON awgp.hallucination_flags IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('hallucination_flags', 'exclude=flagged_content,notes,content_salt');
COMMENT ON TRIGGER capture ON awgp.hallucination_flags IS 'Every change is recorded in the audit trail, with a digest instead of the text.';

CREATE OR REPLACE TRIGGER keep_flag BEFORE INSERT OR UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_flag('hallucination_flags');
COMMENT ON TRIGGER keep_flag ON awgp.hallucination_flags IS 'A flag begins as pending, and only a review by somebody who may review changes it.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.hallucination_flags
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('hallucination_flags');
COMMENT ON TRIGGER refuse_truncate ON awgp.hallucination_flags IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';

CREATE OR REPLACE TRIGGER suspend_over_flags AFTER UPDATE ON awgp.hallucination_flags
    FOR EACH ROW EXECUTE FUNCTION awgp.suspend_over_flags('hallucination_flags');
COMMENT ON TRIGGER suspend_over_flags ON awgp.hallucination_flags IS 'Confirmed flags suspend their assistant if the tenant''s policy says so.';
