-- message_sends: the counts of AWGP's own functions. The trail has the decisions, not the counters.
--
-- They fire in this order:
--   before a statement: refuse_truncate

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.message_sends
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('message_sends');
COMMENT ON TRIGGER refuse_truncate ON awgp.message_sends IS 'TRUNCATE is refused: it would reset every rate limit.';
