-- model_prices: what is added is on the record.

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.model_prices
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('model_prices');
COMMENT ON TRIGGER bounds ON awgp.model_prices IS 'No value is larger than its column takes.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.model_prices
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('model_prices');
COMMENT ON TRIGGER capture ON awgp.model_prices IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.model_prices
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('model_prices');
COMMENT ON TRIGGER refuse_truncate ON awgp.model_prices IS 'The trail could not say which rows went.';
