-- The words of messages, a row a message. Beside the conversations, so that an append indexes what
-- is new alone, and so that the words of one message never outgrow what a tsvector can hold.

CREATE TABLE awgp.conversation_search (
    tenant_id uuid NOT NULL,
    conversation_log_id uuid NOT NULL,
    message_number integer NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT conversation_search_pkey PRIMARY KEY (tenant_id, conversation_log_id, message_number),
    CONSTRAINT conversation_search_message_number_check CHECK (message_number > 0),
    CONSTRAINT conversation_search_conversation_log_id_fkey FOREIGN KEY (tenant_id, conversation_log_id) REFERENCES awgp.conversation_logs (tenant_id, id) ON DELETE RESTRICT
);
-- ANALYZE copies frequent words into pg_statistic, where nothing would ever erase them.
ALTER TABLE awgp.conversation_search ALTER COLUMN words SET STATISTICS 0;
CREATE INDEX idx_conversation_search_words ON awgp.conversation_search USING gin (words);

COMMENT ON TABLE awgp.conversation_search IS 'The words of messages, for awgp.search_conversations(). A trigger writes them, and erasing the conversation deletes them.';
COMMENT ON COLUMN awgp.conversation_search.tenant_id IS 'The tenant whose conversation it is.';
COMMENT ON COLUMN awgp.conversation_search.conversation_log_id IS 'The conversation, of the same tenant.';
COMMENT ON COLUMN awgp.conversation_search.message_number IS 'Place of the message in the conversation, from 1.';
COMMENT ON COLUMN awgp.conversation_search.words IS 'Words of its content in the text search configuration simple, and one that names the tenant, so that a scan of the index visits no other tenant''s messages.';
COMMENT ON CONSTRAINT conversation_search_pkey ON awgp.conversation_search IS 'Conversation and place identify the message.';
COMMENT ON CONSTRAINT conversation_search_message_number_check ON awgp.conversation_search IS 'Messages are numbered from 1.';
COMMENT ON CONSTRAINT conversation_search_conversation_log_id_fkey ON awgp.conversation_search IS 'The conversation is one of the same tenant.';
COMMENT ON INDEX awgp.idx_conversation_search_words IS 'Messages by their words.';
