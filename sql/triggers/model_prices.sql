-- model_prices: what is added is on the record.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.model_prices
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('model_prices');
COMMENT ON TRIGGER bounds ON awgp.model_prices IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.model_prices
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('model_prices');
COMMENT ON TRIGGER capture ON awgp.model_prices IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.model_prices
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('model_prices');
COMMENT ON TRIGGER refuse_truncate ON awgp.model_prices IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
