-- provider_credit_pools: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, keep_pool, touch_updated_at
--   after a row: capture, post_pool

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('provider_credit_pools');
COMMENT ON TRIGGER bounds ON awgp.provider_credit_pools IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.provider_credit_pools
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('provider_credit_pools');
COMMENT ON TRIGGER guard_statement ON awgp.provider_credit_pools IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('provider_credit_pools', 'own');
COMMENT ON TRIGGER guard_row ON awgp.provider_credit_pools IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('provider_credit_pools');
COMMENT ON TRIGGER touch_updated_at ON awgp.provider_credit_pools IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('provider_credit_pools');
COMMENT ON TRIGGER capture ON awgp.provider_credit_pools IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.provider_credit_pools
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('provider_credit_pools');
COMMENT ON TRIGGER refuse_truncate ON awgp.provider_credit_pools IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';

CREATE OR REPLACE TRIGGER keep_pool BEFORE INSERT OR UPDATE OR DELETE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_pool('provider_credit_pools');
COMMENT ON TRIGGER keep_pool ON awgp.provider_credit_pools IS 'A new pool is for a known provider (unknown_provider). Only the ledger sets balance, alerts and period.';

CREATE OR REPLACE TRIGGER post_pool AFTER INSERT OR UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.post_pool('provider_credit_pools');
COMMENT ON TRIGGER post_pool ON awgp.provider_credit_pools IS 'The period of a new pool is made; a changed budget is checked for alerts.';
