-- A conversation that is logged again under its external id is the one that is there.

ALTER TABLE awgp.conversation_logs ADD COLUMN external_number integer
    CONSTRAINT conversation_logs_external_number_check CHECK (external_number > 0);
-- Conversations that are there already have no number, so none of them stands in the way of this index.
CREATE UNIQUE INDEX idx_conversation_logs_external_number
    ON awgp.conversation_logs (tenant_id, external_id, channel, external_number) WHERE external_id IS NOT NULL;
DROP INDEX awgp.idx_conversation_logs_external;

COMMENT ON COLUMN awgp.conversation_logs.external_number IS 'Which conversation of its external id on the channel it is, counted from 1; kept by trigger. Empty without an external id, and where it was logged before there were numbers.';
COMMENT ON CONSTRAINT conversation_logs_external_number_check ON awgp.conversation_logs IS 'Conversations of an external id are counted from 1.';
COMMENT ON INDEX awgp.idx_conversation_logs_external_number IS 'A conversation by its name on the channel; of those that log the same at once, one does.';

DO $report$
DECLARE
    repeated bigint;
BEGIN
    SELECT pg_catalog.count(*) INTO repeated
    FROM (SELECT FROM awgp.conversation_logs WHERE external_id IS NOT NULL
          GROUP BY tenant_id, channel, external_id HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) AS names;
    IF repeated OPERATOR(pg_catalog.>) 0 THEN
        RAISE NOTICE '% external ids name more than one conversation on their channel; all of them stay as they are', repeated
            USING HINT = 'docs/conversations.md, Logging twice, has the query that lists them.';
    END IF;
END
$report$;
