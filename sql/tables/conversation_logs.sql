-- Archived conversations.

CREATE TABLE awgp.conversation_logs (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    work_item_id uuid,
    channel text NOT NULL,
    external_id text,
    messages jsonb NOT NULL DEFAULT '[]',
    message_count integer NOT NULL,
    model text,
    cost_amount numeric(18,6),
    cost_is_computed boolean NOT NULL DEFAULT false,
    token_count integer,
    token_count_is_computed boolean NOT NULL DEFAULT false,
    started_at timestamptz,
    ended_at timestamptz,
    content_digest text NOT NULL,
    content_salt bytea,
    legal_hold boolean NOT NULL DEFAULT false,
    erased_at timestamptz,
    erased_by uuid,
    erased_reason text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    external_number integer,
    CONSTRAINT conversation_logs_pkey PRIMARY KEY (id),
    CONSTRAINT conversation_logs_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT conversation_logs_tenant_id_assistant_id_id_key UNIQUE (tenant_id, assistant_id, id),
    CONSTRAINT conversation_logs_channel_check CHECK (pg_catalog.btrim(channel) <> ''),
    CONSTRAINT conversation_logs_messages_check CHECK (pg_catalog.jsonb_typeof(messages) = 'array'),
    CONSTRAINT conversation_logs_token_count_check CHECK (token_count >= 0),
    CONSTRAINT conversation_logs_window_check CHECK (started_at <= ended_at),
    CONSTRAINT conversation_logs_message_count_check CHECK (message_count >= 0),
    CONSTRAINT conversation_logs_content_digest_check CHECK (content_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT conversation_logs_content_salt_check CHECK ((content_salt IS NULL) = (erased_at IS NOT NULL)),
    CONSTRAINT conversation_logs_erased_check CHECK (erased_at IS NULL OR (messages = '[]' AND external_id IS NULL AND ended_at IS NOT NULL AND NOT legal_hold)),
    CONSTRAINT conversation_logs_erased_reason_check CHECK ((erased_reason IS NULL) = (erased_at IS NULL) AND (erased_by IS NULL OR erased_at IS NOT NULL)),
    CONSTRAINT conversation_logs_cost_amount_check CHECK (cost_amount >= 0 AND cost_amount < 'NaN'),
    CONSTRAINT conversation_logs_external_number_check CHECK (external_number > 0),
    CONSTRAINT conversation_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT conversation_logs_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT conversation_logs_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT conversation_logs_erased_by_fkey FOREIGN KEY (tenant_id, erased_by) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT
);
-- ANALYZE copies frequent values and words into pg_statistic, where nothing would ever erase them.
ALTER TABLE awgp.conversation_logs ALTER COLUMN messages SET STATISTICS 0;
ALTER TABLE awgp.conversation_logs ALTER COLUMN external_id SET STATISTICS 0;
ALTER TABLE awgp.conversation_logs ALTER COLUMN content_salt SET STATISTICS 0;
CREATE INDEX idx_conversation_logs_tenant ON awgp.conversation_logs (tenant_id, created_at DESC);
CREATE INDEX idx_conversation_logs_assistant ON awgp.conversation_logs (tenant_id, assistant_id, created_at DESC);
CREATE INDEX idx_conversation_logs_work_item ON awgp.conversation_logs (tenant_id, work_item_id);
CREATE INDEX idx_conversation_logs_erased_by ON awgp.conversation_logs (tenant_id, erased_by);
-- Retention reads the conversations that are not erased, by their end.
CREATE INDEX idx_conversation_logs_retention ON awgp.conversation_logs (tenant_id, ended_at) WHERE erased_at IS NULL;
CREATE UNIQUE INDEX idx_conversation_logs_external_number
    ON awgp.conversation_logs (tenant_id, external_id, channel, external_number) WHERE external_id IS NOT NULL;

COMMENT ON TABLE awgp.conversation_logs IS 'Conversations of assistants: open, ended or erased.';
COMMENT ON COLUMN awgp.conversation_logs.id IS 'Id of the conversation.';
COMMENT ON COLUMN awgp.conversation_logs.tenant_id IS 'The tenant whose conversation it is; never changes.';
COMMENT ON COLUMN awgp.conversation_logs.assistant_id IS 'The assistant, of the same tenant, that took part.';
COMMENT ON COLUMN awgp.conversation_logs.work_item_id IS 'The work item that it was about, of the same tenant and assistant.';
COMMENT ON COLUMN awgp.conversation_logs.channel IS 'Where it took place: free text, such as telegram, slack, email or internal.';
COMMENT ON COLUMN awgp.conversation_logs.external_id IS 'Its id on the channel, such as a Telegram chat id. It is content: the audit trail does not hold it, and erasing removes it.';
COMMENT ON COLUMN awgp.conversation_logs.messages IS 'Array of messages, in any form of docs/conversations.md. It grows while the conversation is open, and erasing empties it. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.conversation_logs.message_count IS 'How many messages there are, or were before they were erased. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.model IS 'The model that was used: as given, else that of the last entry of the work item in the ledger, else model_config.model of the assistant.';
COMMENT ON COLUMN awgp.conversation_logs.cost_amount IS 'What it cost, with six decimals: as given, else what the ledger has for the work item and assistant. NULL: neither is known.';
COMMENT ON COLUMN awgp.conversation_logs.cost_is_computed IS 'True if cost_amount is from the ledger. It is then computed again when the conversation ends. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.token_count IS 'Tokens used: as given, else what the ledger has for the work item and assistant. Without a work item: what the messages report. NULL: nothing is known.';
COMMENT ON COLUMN awgp.conversation_logs.token_count_is_computed IS 'True if token_count is from the ledger or from the messages. It is then computed again when messages are appended, or when the conversation ends. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.started_at IS 'When it began. If it is not given, a trigger sets it to now, or to ended_at if that is earlier.';
COMMENT ON COLUMN awgp.conversation_logs.ended_at IS 'When it ended; NULL while it is open. Afterwards only a legal hold or erasing changes the row.';
COMMENT ON COLUMN awgp.conversation_logs.content_digest IS 'HMAC-SHA-256 of external_id and messages under content_salt. The audit trail has it in place of the content, and it stays when the content is erased. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.content_salt IS 'Key of content_digest: 32 random bytes, which the audit trail does not hold. Erased with the content, so that nobody can test a guess of it. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.legal_hold IS 'While true, the content is not erased.';
COMMENT ON COLUMN awgp.conversation_logs.erased_at IS 'When the content was erased; NULL: it was not.';
COMMENT ON COLUMN awgp.conversation_logs.erased_by IS 'The user who erased it; NULL if retention or the system did.';
COMMENT ON COLUMN awgp.conversation_logs.erased_reason IS 'Why it was erased. It stays in the audit trail for good: do not name a person.';
COMMENT ON COLUMN awgp.conversation_logs.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.conversation_logs.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.external_number IS 'The number of this conversation among those with its external id on the channel, from 1; NULL without an external id. Kept by trigger.';
COMMENT ON CONSTRAINT conversation_logs_pkey ON awgp.conversation_logs IS 'The id identifies the conversation.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_id_key ON awgp.conversation_logs IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_assistant_id_id_key ON awgp.conversation_logs IS 'Referenced by foreign keys over (tenant_id, assistant_id, id).';
COMMENT ON CONSTRAINT conversation_logs_channel_check ON awgp.conversation_logs IS 'A conversation has a channel.';
COMMENT ON CONSTRAINT conversation_logs_messages_check ON awgp.conversation_logs IS 'messages is a JSON array.';
COMMENT ON CONSTRAINT conversation_logs_token_count_check ON awgp.conversation_logs IS 'A token count is not negative.';
COMMENT ON CONSTRAINT conversation_logs_window_check ON awgp.conversation_logs IS 'A conversation does not end before it began.';
COMMENT ON CONSTRAINT conversation_logs_message_count_check ON awgp.conversation_logs IS 'A message count is not negative.';
COMMENT ON CONSTRAINT conversation_logs_content_digest_check ON awgp.conversation_logs IS 'content_digest is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT conversation_logs_content_salt_check ON awgp.conversation_logs IS 'The salt is erased together with the content.';
COMMENT ON CONSTRAINT conversation_logs_erased_check ON awgp.conversation_logs IS 'An erased conversation has no messages and no external id, has ended and is not on legal hold.';
COMMENT ON CONSTRAINT conversation_logs_erased_reason_check ON awgp.conversation_logs IS 'An erased conversation says why; no other does.';
COMMENT ON CONSTRAINT conversation_logs_cost_amount_check ON awgp.conversation_logs IS 'A cost is a number, and not negative.';
COMMENT ON CONSTRAINT conversation_logs_external_number_check ON awgp.conversation_logs IS 'Conversations of an external id are numbered from 1.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_fkey ON awgp.conversation_logs IS 'The tenant exists, and cannot be deleted while it has conversations.';
COMMENT ON CONSTRAINT conversation_logs_assistant_id_fkey ON awgp.conversation_logs IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT conversation_logs_work_item_id_fkey ON awgp.conversation_logs IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT conversation_logs_erased_by_fkey ON awgp.conversation_logs IS 'The user who erased it is of the same tenant.';
COMMENT ON INDEX awgp.idx_conversation_logs_tenant IS 'A tenant''s newest conversations.';
COMMENT ON INDEX awgp.idx_conversation_logs_assistant IS 'An assistant''s newest conversations; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_work_item IS 'The conversations of a work item; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_erased_by IS 'The conversations that a user erased; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_retention IS 'A tenant''s conversations that are not erased, by their end; for retention.';
COMMENT ON INDEX awgp.idx_conversation_logs_external_number IS 'A conversation by its external id on the channel. If several clients log it at once, one succeeds.';
