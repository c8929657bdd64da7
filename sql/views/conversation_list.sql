-- Conversations, for lists: without the messages, of which a page may have fifty megabytes, and
-- without the salt. The visible tenants are named besides row-level security, because a superuser's
-- login has none.
CREATE OR REPLACE VIEW awgp.conversation_list WITH (security_invoker = true) AS
SELECT c.id, c.tenant_id, c.assistant_id,
       a.slug AS assistant_slug,
       c.work_item_id,
       c.channel,
       c.external_id,
       c.message_count,
       c.model,
       c.cost_amount,
       c.token_count,
       c.started_at,
       c.ended_at,
       c.legal_hold,
       c.erased_at,
       c.created_at,
       t.slug AS tenant_slug,
       (SELECT w.title FROM awgp.work_items AS w WHERE w.tenant_id = c.tenant_id AND w.id = c.work_item_id) AS work_item_title,
       (SELECT u.email FROM awgp.users AS u WHERE u.tenant_id = c.tenant_id AND u.id = c.erased_by) AS erased_by_email
FROM awgp.conversation_logs AS c
LEFT JOIN awgp.tenants AS t ON t.id = c.tenant_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = c.tenant_id AND a.id = c.assistant_id
WHERE c.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.conversation_list IS 'The conversations visible to the caller, without their messages, each with the slug of its assistant.';
COMMENT ON COLUMN awgp.conversation_list.id IS 'Id of the conversation.';
COMMENT ON COLUMN awgp.conversation_list.tenant_id IS 'The tenant whose conversation it is; never changes.';
COMMENT ON COLUMN awgp.conversation_list.assistant_id IS 'The assistant, of the same tenant, that took part.';
COMMENT ON COLUMN awgp.conversation_list.assistant_slug IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.conversation_list.work_item_id IS 'The work item that it was about, of the same tenant and assistant.';
COMMENT ON COLUMN awgp.conversation_list.channel IS 'Where it took place: free text, such as telegram, slack, email or internal.';
COMMENT ON COLUMN awgp.conversation_list.external_id IS 'Its id on the channel, such as a Telegram chat id. It is content: the audit trail does not hold it, and erasing removes it.';
COMMENT ON COLUMN awgp.conversation_list.message_count IS 'How many messages there are, or were before they were erased. Kept by trigger.';
COMMENT ON COLUMN awgp.conversation_list.model IS 'The model that was used: as given, else that of the last entry of the work item in the ledger, else model_config.model of the assistant.';
COMMENT ON COLUMN awgp.conversation_list.cost_amount IS 'What it cost, with six decimals: as given, else what the ledger has for the work item and assistant. NULL: neither is known.';
COMMENT ON COLUMN awgp.conversation_list.token_count IS 'Tokens used: as given, else what the ledger has for the work item and assistant. Without a work item: what the messages report. NULL: nothing is known.';
COMMENT ON COLUMN awgp.conversation_list.started_at IS 'When it began. If it is not given, a trigger sets it to now, or to ended_at if that is earlier.';
COMMENT ON COLUMN awgp.conversation_list.ended_at IS 'When it ended; NULL while it is open. Afterwards only a legal hold or erasing changes the row.';
COMMENT ON COLUMN awgp.conversation_list.legal_hold IS 'While true, the content is not erased.';
COMMENT ON COLUMN awgp.conversation_list.erased_at IS 'When the content was erased; NULL: it was not.';
COMMENT ON COLUMN awgp.conversation_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.conversation_list.tenant_slug IS 'The slug of its tenant.';
COMMENT ON COLUMN awgp.conversation_list.work_item_title IS 'The title of the work item that it is about.';
COMMENT ON COLUMN awgp.conversation_list.erased_by_email IS 'The e-mail address of the user who erased it.';

REVOKE ALL ON awgp.conversation_list FROM PUBLIC;
GRANT SELECT ON awgp.conversation_list TO awgp_app;
