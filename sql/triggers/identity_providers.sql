-- identity_providers: what cannot be used is not stored.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds, guard_identity_provider, touch_updated_at
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.identity_providers
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('identity_providers');
COMMENT ON TRIGGER bounds ON awgp.identity_providers IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_identity_provider BEFORE INSERT OR UPDATE ON awgp.identity_providers
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_identity_provider('identity_providers');
COMMENT ON TRIGGER guard_identity_provider ON awgp.identity_providers IS 'A key set or an algorithm that AWGP cannot use is refused.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.identity_providers
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('identity_providers');
COMMENT ON TRIGGER touch_updated_at ON awgp.identity_providers IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.identity_providers
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('identity_providers');
COMMENT ON TRIGGER capture ON awgp.identity_providers IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.identity_providers
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('identity_providers');
COMMENT ON TRIGGER refuse_truncate ON awgp.identity_providers IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
