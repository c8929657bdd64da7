-- cost_transactions: who may write, and what may not change.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('cost_transactions');
COMMENT ON TRIGGER bounds ON awgp.cost_transactions IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.cost_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('cost_transactions');
COMMENT ON TRIGGER guard_statement ON awgp.cost_transactions IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('cost_transactions', 'own');
COMMENT ON TRIGGER guard_row ON awgp.cost_transactions IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('cost_transactions');
COMMENT ON TRIGGER capture ON awgp.cost_transactions IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.cost_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('cost_transactions');
COMMENT ON TRIGGER refuse_truncate ON awgp.cost_transactions IS 'The trail could not say which rows went.';

CREATE OR REPLACE TRIGGER keep_entry BEFORE INSERT OR UPDATE OR DELETE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_entry('cost_transactions');
COMMENT ON TRIGGER keep_entry ON awgp.cost_transactions IS 'An entry says what it is accounted to, and is never changed or deleted.';

CREATE OR REPLACE TRIGGER post_entry AFTER INSERT ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.post_entry('cost_transactions');
COMMENT ON TRIGGER post_entry ON awgp.cost_transactions IS 'The money moves, in every limit or in none. The last of the triggers: balances are locked no longer than they must be.';
