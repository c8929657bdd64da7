-- budget_alerts: the ledger alone writes them.

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.budget_alerts
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('budget_alerts');
COMMENT ON TRIGGER guard_statement ON awgp.budget_alerts IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.budget_alerts
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('budget_alerts', 'own');
COMMENT ON TRIGGER guard_row ON awgp.budget_alerts IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.budget_alerts
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('budget_alerts');
COMMENT ON TRIGGER capture ON awgp.budget_alerts IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.budget_alerts
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('budget_alerts');
COMMENT ON TRIGGER refuse_truncate ON awgp.budget_alerts IS 'The trail could not say which rows went.';

CREATE OR REPLACE TRIGGER keep_book BEFORE INSERT OR UPDATE OR DELETE ON awgp.budget_alerts
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_book('budget_alerts');
COMMENT ON TRIGGER keep_book ON awgp.budget_alerts IS 'The ledger alone writes here.';
