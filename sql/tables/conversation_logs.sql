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

COMMENT ON TABLE awgp.conversation_logs IS 'Archived assistant conversations.';
COMMENT ON COLUMN awgp.conversation_logs.id IS 'Key.';
COMMENT ON COLUMN awgp.conversation_logs.tenant_id IS 'The tenant whose conversation it is; never changes.';
COMMENT ON COLUMN awgp.conversation_logs.assistant_id IS 'The assistant, of the same tenant, that took part.';
COMMENT ON COLUMN awgp.conversation_logs.work_item_id IS 'The work item, of the same tenant, it was about.';
COMMENT ON COLUMN awgp.conversation_logs.channel IS 'Where it took place: telegram, slack, email, internal or another.';
COMMENT ON COLUMN awgp.conversation_logs.external_id IS 'Its name there, such as a Telegram chat id; content, which the audit trail does not hold.';
COMMENT ON COLUMN awgp.conversation_logs.messages IS 'Array of message objects with role and content; grows while the conversation is open and never changes otherwise. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.conversation_logs.message_count IS 'How many messages there are, or were before they were erased; kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.model IS 'The model that talked: as given, else the last one charged to the work item, else the assistant''s.';
COMMENT ON COLUMN awgp.conversation_logs.cost_amount IS 'What it cost, in the currency of the tenant''s pools, six decimals; as given, else the work item''s in the ledger.';
COMMENT ON COLUMN awgp.conversation_logs.cost_is_computed IS 'cost_amount is the ledger''s; it is computed again when the conversation ends.';
COMMENT ON COLUMN awgp.conversation_logs.token_count IS 'Tokens used; as given, else the work item''s in the ledger.';
COMMENT ON COLUMN awgp.conversation_logs.token_count_is_computed IS 'token_count is the ledger''s; it is computed again when the conversation ends.';
COMMENT ON COLUMN awgp.conversation_logs.started_at IS 'When it began.';
COMMENT ON COLUMN awgp.conversation_logs.ended_at IS 'When it ended; from then on nothing of it changes.';
COMMENT ON COLUMN awgp.conversation_logs.content_digest IS 'HMAC-SHA-256 of external_id and messages under content_salt; what the audit trail holds in their place, and what stays when they are erased.';
COMMENT ON COLUMN awgp.conversation_logs.content_salt IS 'Key of content_digest: 32 random bytes, which the audit trail does not hold. Erased with the content, so that nobody can test a guess of it.';
COMMENT ON COLUMN awgp.conversation_logs.legal_hold IS 'While true, the content is not erased.';
COMMENT ON COLUMN awgp.conversation_logs.erased_at IS 'When the content was erased.';
COMMENT ON COLUMN awgp.conversation_logs.erased_by IS 'The user who erased it; empty for retention and the system.';
COMMENT ON COLUMN awgp.conversation_logs.erased_reason IS 'Why it was erased. It stays in the audit trail: name no person.';
COMMENT ON COLUMN awgp.conversation_logs.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.conversation_logs.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.conversation_logs.external_number IS 'The number of this conversation among those with its external id on the channel, from 1; kept by trigger. Empty without an external id.';
COMMENT ON CONSTRAINT conversation_logs_pkey ON awgp.conversation_logs IS 'A conversation is named by its id.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_id_key ON awgp.conversation_logs IS 'Target of references, which name tenant and conversation together.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_assistant_id_id_key ON awgp.conversation_logs IS 'Target of references, which name tenant, assistant and conversation together.';
COMMENT ON CONSTRAINT conversation_logs_channel_check ON awgp.conversation_logs IS 'A conversation has a channel.';
COMMENT ON CONSTRAINT conversation_logs_messages_check ON awgp.conversation_logs IS 'messages is a JSON array.';
COMMENT ON CONSTRAINT conversation_logs_token_count_check ON awgp.conversation_logs IS 'A token count is not negative.';
COMMENT ON CONSTRAINT conversation_logs_window_check ON awgp.conversation_logs IS 'A conversation does not end before it began.';
COMMENT ON CONSTRAINT conversation_logs_message_count_check ON awgp.conversation_logs IS 'A message count is not negative.';
COMMENT ON CONSTRAINT conversation_logs_content_digest_check ON awgp.conversation_logs IS 'content_digest is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT conversation_logs_content_salt_check ON awgp.conversation_logs IS 'The salt is erased with the content, and not before.';
COMMENT ON CONSTRAINT conversation_logs_erased_check ON awgp.conversation_logs IS 'An erased conversation has no message and no external id, is over and not on legal hold.';
COMMENT ON CONSTRAINT conversation_logs_erased_reason_check ON awgp.conversation_logs IS 'A conversation that is erased says why; no other does.';
COMMENT ON CONSTRAINT conversation_logs_cost_amount_check ON awgp.conversation_logs IS 'A cost is a number, and not negative.';
COMMENT ON CONSTRAINT conversation_logs_external_number_check ON awgp.conversation_logs IS 'Conversations of an external id are counted from 1.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_fkey ON awgp.conversation_logs IS 'The tenant exists, and stays while it has conversations.';
COMMENT ON CONSTRAINT conversation_logs_assistant_id_fkey ON awgp.conversation_logs IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT conversation_logs_work_item_id_fkey ON awgp.conversation_logs IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT conversation_logs_erased_by_fkey ON awgp.conversation_logs IS 'Who erased it is a user of the same tenant.';
COMMENT ON INDEX awgp.idx_conversation_logs_tenant IS 'A tenant''s newest conversations.';
COMMENT ON INDEX awgp.idx_conversation_logs_assistant IS 'An assistant''s newest conversations; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_work_item IS 'The conversations of a work item; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_erased_by IS 'The conversations that a user erased; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_retention IS 'A tenant''s conversations that are not erased, by their end; for retention.';
COMMENT ON INDEX awgp.idx_conversation_logs_external_number IS 'A conversation by its external id on the channel. Of several clients that log it at once, one succeeds.';
