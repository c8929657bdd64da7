-- The body is the function of the same name in awgp_ext/src/records/log.rs.
CREATE OR REPLACE FUNCTION awgp.log_conversation(
    assistant_id uuid,
    channel text,
    messages jsonb DEFAULT '[]',
    work_item_id uuid DEFAULT NULL,
    external_id text DEFAULT NULL,
    cost_amount awgp.number DEFAULT NULL,
    token_count bigint DEFAULT NULL
) RETURNS awgp.conversation_logs
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_log_conversation';
COMMENT ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) IS 'Records a conversation of the tenant in context, open for more messages, and returns the row.
assistant_id: an assistant of the tenant
channel: where it takes place
messages: an array of messages, in any form of docs/conversations.md
work_item_id: what it is about, a work item of the same assistant
external_id: its name on the channel; the same call again under this name records nothing and returns the row
cost_amount: what it cost; where it is empty and a work item is named, what the ledger says
token_count: how many tokens; where it is empty, what the ledger says of the work item, or else what the messages say
Errors: 42501 no_tenant_context; 22023 messages_invalid, messages_too_large, idempotency_conflict; 23503 no such assistant or work item in the tenant; 23514 other_assistant';
REVOKE ALL ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) TO awgp_app;
