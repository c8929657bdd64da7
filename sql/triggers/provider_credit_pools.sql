-- provider_credit_pools: who may write, what may not change, and when it last did.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('provider_credit_pools');
COMMENT ON TRIGGER bounds ON awgp.provider_credit_pools IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.provider_credit_pools
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('provider_credit_pools');
COMMENT ON TRIGGER guard_statement ON awgp.provider_credit_pools IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('provider_credit_pools', 'own');
COMMENT ON TRIGGER guard_row ON awgp.provider_credit_pools IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('provider_credit_pools');
COMMENT ON TRIGGER touch_updated_at ON awgp.provider_credit_pools IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('provider_credit_pools');
COMMENT ON TRIGGER capture ON awgp.provider_credit_pools IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.provider_credit_pools
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('provider_credit_pools');
COMMENT ON TRIGGER refuse_truncate ON awgp.provider_credit_pools IS 'The trail could not say which rows went.';

CREATE OR REPLACE TRIGGER keep_pool BEFORE INSERT OR UPDATE OR DELETE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_pool('provider_credit_pools');
COMMENT ON TRIGGER keep_pool ON awgp.provider_credit_pools IS 'Balance, alerts and period are kept by the ledger.';

CREATE OR REPLACE TRIGGER post_pool AFTER INSERT OR UPDATE ON awgp.provider_credit_pools
    FOR EACH ROW EXECUTE FUNCTION awgp.post_pool('provider_credit_pools');
COMMENT ON TRIGGER post_pool ON awgp.provider_credit_pools IS 'The pool''s period follows.';
