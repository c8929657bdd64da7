CREATE OR REPLACE FUNCTION awgp.log_conversation(
    assistant_id uuid,
    channel text,
    messages jsonb DEFAULT '[]',
    work_item_id uuid DEFAULT NULL,
    external_id text DEFAULT NULL,
    cost_amount awgp.number DEFAULT NULL,
    token_count bigint DEFAULT NULL
) RETURNS awgp.conversation_logs
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.conversation_logs (tenant_id, assistant_id, channel, messages, work_item_id, external_id,
                                        cost_amount, token_count)
    VALUES (awgp.current_tenant(), log_conversation.assistant_id, log_conversation.channel,
            COALESCE(log_conversation.messages, '[]'), log_conversation.work_item_id, log_conversation.external_id,
            log_conversation.cost_amount, awgp.checked_whole('token_count', log_conversation.token_count))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) IS 'Records a conversation of the tenant in context, open for more, and returns the row. assistant_id: an assistant of the tenant; channel: where it takes place; messages: an array of objects with role and content; work_item_id: what it is about, of the same assistant; external_id: its name on the channel; cost_amount and token_count: where they are left out and a work item is named, the ledger''s. Errors: 42501 no_tenant_context; 22023 messages_invalid, messages_too_large; 23503 no such assistant or work item in the tenant; 23514 other_assistant.';
REVOKE ALL ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.log_conversation(uuid, text, jsonb, uuid, text, awgp.number, bigint) TO awgp_app;
