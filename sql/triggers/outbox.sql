-- outbox: written by AWGP's own functions. The trail has what happened, not who was told.
--
-- They fire in this order:
--   before a statement: refuse_truncate

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('outbox');
COMMENT ON TRIGGER refuse_truncate ON awgp.outbox IS 'TRUNCATE is refused: notices that wait would be lost.';
