-- Archived conversations.

CREATE TABLE awgp.conversation_logs (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    work_item_id uuid,
    channel text NOT NULL,
    external_id text,
    messages jsonb NOT NULL,
    cost_amount numeric(18,6),
    token_count integer,
    started_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT conversation_logs_pkey PRIMARY KEY (id),
    CONSTRAINT conversation_logs_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT conversation_logs_channel_check CHECK (pg_catalog.btrim(channel) <> ''),
    CONSTRAINT conversation_logs_messages_check CHECK (pg_catalog.jsonb_typeof(messages) = 'array'),
    CONSTRAINT conversation_logs_token_count_check CHECK (token_count >= 0),
    CONSTRAINT conversation_logs_window_check CHECK (started_at <= ended_at),
    CONSTRAINT conversation_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT conversation_logs_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT conversation_logs_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_conversation_logs_tenant ON awgp.conversation_logs (tenant_id, created_at DESC);
CREATE INDEX idx_conversation_logs_assistant ON awgp.conversation_logs (tenant_id, assistant_id, created_at DESC);
CREATE INDEX idx_conversation_logs_work_item ON awgp.conversation_logs (tenant_id, work_item_id);

COMMENT ON TABLE awgp.conversation_logs IS 'Archived assistant conversations.';
COMMENT ON COLUMN awgp.conversation_logs.id IS 'Key.';
COMMENT ON COLUMN awgp.conversation_logs.tenant_id IS 'The tenant whose conversation it is; never changes.';
COMMENT ON COLUMN awgp.conversation_logs.assistant_id IS 'The assistant, of the same tenant, that talked.';
COMMENT ON COLUMN awgp.conversation_logs.work_item_id IS 'The work item, of the same tenant, it was about.';
COMMENT ON COLUMN awgp.conversation_logs.channel IS 'Where it took place: telegram, slack, email, internal or another.';
COMMENT ON COLUMN awgp.conversation_logs.external_id IS 'Its name there, such as a Telegram chat id.';
COMMENT ON COLUMN awgp.conversation_logs.messages IS 'Array of message objects.';
COMMENT ON COLUMN awgp.conversation_logs.cost_amount IS 'What it cost, in the currency of the tenant''s pools, six decimals.';
COMMENT ON COLUMN awgp.conversation_logs.token_count IS 'Tokens used.';
COMMENT ON COLUMN awgp.conversation_logs.started_at IS 'When it began.';
COMMENT ON COLUMN awgp.conversation_logs.ended_at IS 'When it ended.';
COMMENT ON COLUMN awgp.conversation_logs.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.conversation_logs.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON CONSTRAINT conversation_logs_pkey ON awgp.conversation_logs IS 'A conversation is named by its id.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_id_key ON awgp.conversation_logs IS 'Target of references, which name tenant and conversation together.';
COMMENT ON CONSTRAINT conversation_logs_channel_check ON awgp.conversation_logs IS 'A conversation has a channel.';
COMMENT ON CONSTRAINT conversation_logs_messages_check ON awgp.conversation_logs IS 'messages is a JSON array.';
COMMENT ON CONSTRAINT conversation_logs_token_count_check ON awgp.conversation_logs IS 'A token count is not negative.';
COMMENT ON CONSTRAINT conversation_logs_window_check ON awgp.conversation_logs IS 'A conversation does not end before it began.';
COMMENT ON CONSTRAINT conversation_logs_tenant_id_fkey ON awgp.conversation_logs IS 'The tenant exists, and stays while it has conversations.';
COMMENT ON CONSTRAINT conversation_logs_assistant_id_fkey ON awgp.conversation_logs IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT conversation_logs_work_item_id_fkey ON awgp.conversation_logs IS 'The work item is one of the same tenant.';
COMMENT ON INDEX awgp.idx_conversation_logs_tenant IS 'A tenant''s newest conversations.';
COMMENT ON INDEX awgp.idx_conversation_logs_assistant IS 'An assistant''s newest conversations; serves its foreign key.';
COMMENT ON INDEX awgp.idx_conversation_logs_work_item IS 'The conversations of a work item; serves its foreign key.';
