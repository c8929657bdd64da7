-- credit_reservations: who may write, and what may change.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, guard_row, keep_reservation, touch_updated_at
--   after a row: capture, post_reservation

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('credit_reservations');
COMMENT ON TRIGGER bounds ON awgp.credit_reservations IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.credit_reservations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('credit_reservations');
COMMENT ON TRIGGER guard_statement ON awgp.credit_reservations IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('credit_reservations', 'own');
COMMENT ON TRIGGER guard_row ON awgp.credit_reservations IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('credit_reservations');
COMMENT ON TRIGGER touch_updated_at ON awgp.credit_reservations IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('credit_reservations');
COMMENT ON TRIGGER capture ON awgp.credit_reservations IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.credit_reservations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('credit_reservations');
COMMENT ON TRIGGER refuse_truncate ON awgp.credit_reservations IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';

CREATE OR REPLACE TRIGGER keep_reservation BEFORE INSERT OR UPDATE OR DELETE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_reservation('credit_reservations');
COMMENT ON TRIGGER keep_reservation ON awgp.credit_reservations IS 'The ledger sets what a reservation counts towards. Later only its state changes.';

CREATE OR REPLACE TRIGGER post_reservation AFTER INSERT OR UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.post_reservation('credit_reservations');
COMMENT ON TRIGGER post_reservation ON awgp.credit_reservations IS 'The amount is held in every limit, or the write is refused.';
