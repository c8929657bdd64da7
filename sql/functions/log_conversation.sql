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
COMMENT ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) IS 'Records a conversation of the tenant in context, open for more messages, and returns the row. Its model and started_at are computed; to give them, INSERT the row.
assistant_id: an assistant of the tenant
channel: where it takes place: free text
messages: an array of messages, in any form of docs/conversations.md; NULL: none yet
work_item_id: what it is about, a work item of the same assistant; NULL: no work item
external_id: its id on the channel. The same call again under this id records nothing and returns the row. NULL: every call records a conversation
cost_amount: what it cost; NULL with a work item: what the ledger says
token_count: how many tokens; NULL: with a work item what the ledger says, else what the messages say
User role: operator
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 messages_invalid, messages_too_large, idempotency_conflict, out_of_range; 23502 for NULL in assistant_id or channel; 23503 conversation_logs_assistant_id_fkey, conversation_logs_work_item_id_fkey; 23514 other_assistant, conversation_logs_channel_check, conversation_logs_token_count_check, conversation_logs_cost_amount_check';
REVOKE ALL ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) TO awgp_app;
