-- tenants: the tree stays a tree, contexts notice a change, and updated_at moves.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds, guard_settings, guard_tenant, touch_updated_at
--   after a row: capture, guard_lowered_quota
--   after a statement: refresh_context

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.tenants
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('tenants');
COMMENT ON TRIGGER bounds ON awgp.tenants IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_tenant BEFORE INSERT OR UPDATE ON awgp.tenants
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_tenant('tenants');
COMMENT ON TRIGGER guard_tenant ON awgp.tenants IS 'A parent is a holding, and no tenant is its own ancestor.';

CREATE OR REPLACE TRIGGER guard_settings BEFORE INSERT OR UPDATE OF settings ON awgp.tenants
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_settings('tenants');
COMMENT ON TRIGGER guard_settings ON awgp.tenants IS 'A key of settings that is not known, and a value that cannot be used, is refused (invalid_setting). A notice names the keys that an UPDATE no longer sets.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.tenants
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('tenants');
COMMENT ON TRIGGER touch_updated_at ON awgp.tenants IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER refresh_context AFTER INSERT OR UPDATE OR DELETE ON awgp.tenants
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refresh_context('tenants');
COMMENT ON TRIGGER refresh_context ON awgp.tenants IS 'After a change, the running session looks its tenant up again.';

CREATE OR REPLACE TRIGGER guard_lowered_quota AFTER UPDATE ON awgp.tenants
    FOR EACH ROW WHEN (NEW.quota_max_users < OLD.quota_max_users OR NEW.quota_max_assistants < OLD.quota_max_assistants)
    EXECUTE FUNCTION awgp.guard_lowered_quota('tenants');
COMMENT ON TRIGGER guard_lowered_quota ON awgp.tenants IS 'A quota cannot be set below the number of active users or assistants.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.tenants
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('tenants');
COMMENT ON TRIGGER capture ON awgp.tenants IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.tenants
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('tenants');
COMMENT ON TRIGGER refuse_truncate ON awgp.tenants IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
