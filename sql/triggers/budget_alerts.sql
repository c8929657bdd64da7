-- budget_alerts: the ledger alone writes them.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: guard_row, keep_book
--   after a row: capture

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.budget_alerts
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('budget_alerts');
COMMENT ON TRIGGER guard_statement ON awgp.budget_alerts IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.budget_alerts
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('budget_alerts', 'own');
COMMENT ON TRIGGER guard_row ON awgp.budget_alerts IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.budget_alerts
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('budget_alerts');
COMMENT ON TRIGGER capture ON awgp.budget_alerts IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.budget_alerts
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('budget_alerts');
COMMENT ON TRIGGER refuse_truncate ON awgp.budget_alerts IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';

CREATE OR REPLACE TRIGGER keep_book BEFORE INSERT OR UPDATE OR DELETE ON awgp.budget_alerts
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_book('budget_alerts');
COMMENT ON TRIGGER keep_book ON awgp.budget_alerts IS 'Only the ledger writes here.';
