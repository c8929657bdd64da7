-- stops: how large what is written may be, and the record of it.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.stops
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('stops');
COMMENT ON TRIGGER bounds ON awgp.stops IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.stops
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('stops');
COMMENT ON TRIGGER capture ON awgp.stops IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.stops
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('stops');
COMMENT ON TRIGGER refuse_truncate ON awgp.stops IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
