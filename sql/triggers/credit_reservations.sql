-- credit_reservations: who may write, and what may change.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('credit_reservations');
COMMENT ON TRIGGER bounds ON awgp.credit_reservations IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.credit_reservations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('credit_reservations');
COMMENT ON TRIGGER guard_statement ON awgp.credit_reservations IS 'A write needs a tenant in context, and a role that allows it where a user is.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('credit_reservations', 'own');
COMMENT ON TRIGGER guard_row ON awgp.credit_reservations IS 'A row is written for a tenant that the context may write to, and never moves to another.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('credit_reservations');
COMMENT ON TRIGGER touch_updated_at ON awgp.credit_reservations IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('credit_reservations');
COMMENT ON TRIGGER capture ON awgp.credit_reservations IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.credit_reservations
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('credit_reservations');
COMMENT ON TRIGGER refuse_truncate ON awgp.credit_reservations IS 'The trail could not say which rows went.';

CREATE OR REPLACE TRIGGER keep_reservation BEFORE INSERT OR UPDATE OR DELETE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_reservation('credit_reservations');
COMMENT ON TRIGGER keep_reservation ON awgp.credit_reservations IS 'A reservation says what it is accounted to, and changes its state alone.';

CREATE OR REPLACE TRIGGER post_reservation AFTER INSERT OR UPDATE ON awgp.credit_reservations
    FOR EACH ROW EXECUTE FUNCTION awgp.post_reservation('credit_reservations');
COMMENT ON TRIGGER post_reservation ON awgp.credit_reservations IS 'What is held moves, in every limit or in none.';
