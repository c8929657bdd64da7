-- users: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, guard_user, touch_updated_at
--   after a row: capture, keep_listed
--   after a statement: quota_insert, quota_update, refresh_context

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.users
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('users');
COMMENT ON TRIGGER bounds ON awgp.users IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.users
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('users');
COMMENT ON TRIGGER guard_statement ON awgp.users IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.users
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('users', 'own');
COMMENT ON TRIGGER guard_row ON awgp.users IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER guard_user BEFORE INSERT OR UPDATE OR DELETE ON awgp.users
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_user('users');
COMMENT ON TRIGGER guard_user ON awgp.users IS 'A user neither gives nor takes a role above their own, and does not change their own role. A keycloak_id that is set is changed by awgp_admin only (subject_fixed).';

CREATE OR REPLACE TRIGGER refresh_context AFTER INSERT OR UPDATE OR DELETE ON awgp.users
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refresh_context('users');
COMMENT ON TRIGGER refresh_context ON awgp.users IS 'After a change, the running session looks its users up again.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.users
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('users');
COMMENT ON TRIGGER touch_updated_at ON awgp.users IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER keep_listed AFTER UPDATE OR DELETE ON awgp.users
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_listed_user('users');
COMMENT ON TRIGGER keep_listed ON awgp.users IS 'A user in approver_ids of an approval cannot be deleted (23503, still_referenced).';

CREATE OR REPLACE TRIGGER quota_insert AFTER INSERT ON awgp.users REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_quota('users');
COMMENT ON TRIGGER quota_insert ON awgp.users IS 'A tenant has no more active users than its quota allows.';

CREATE OR REPLACE TRIGGER quota_update AFTER UPDATE ON awgp.users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_quota('users');
COMMENT ON TRIGGER quota_update ON awgp.users IS 'Users and assistants that become active again count towards the quota too.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.users
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('users');
COMMENT ON TRIGGER capture ON awgp.users IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.users
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('users');
COMMENT ON TRIGGER refuse_truncate ON awgp.users IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
