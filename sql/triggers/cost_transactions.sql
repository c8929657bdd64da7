-- cost_transactions: who may write, and what may not change.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, keep_entry
--   after a row: capture, post_entry

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('cost_transactions');
COMMENT ON TRIGGER bounds ON awgp.cost_transactions IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.cost_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('cost_transactions');
COMMENT ON TRIGGER guard_statement ON awgp.cost_transactions IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('cost_transactions', 'own');
COMMENT ON TRIGGER guard_row ON awgp.cost_transactions IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('cost_transactions');
COMMENT ON TRIGGER capture ON awgp.cost_transactions IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.cost_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('cost_transactions');
COMMENT ON TRIGGER refuse_truncate ON awgp.cost_transactions IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';

CREATE OR REPLACE TRIGGER keep_entry BEFORE INSERT OR UPDATE OR DELETE ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_entry('cost_transactions');
COMMENT ON TRIGGER keep_entry ON awgp.cost_transactions IS 'The ledger sets what an entry counts towards. An entry is not changed or deleted.';

CREATE OR REPLACE TRIGGER post_entry AFTER INSERT ON awgp.cost_transactions
    FOR EACH ROW EXECUTE FUNCTION awgp.post_entry('cost_transactions');
COMMENT ON TRIGGER post_entry ON awgp.cost_transactions IS 'The cost is counted in every limit, or the write is refused.';
