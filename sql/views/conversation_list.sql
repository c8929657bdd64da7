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
       c.created_at
FROM awgp.conversation_logs AS c
LEFT JOIN awgp.assistants AS a ON a.tenant_id = c.tenant_id AND a.id = c.assistant_id
WHERE c.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.conversation_list IS 'The conversations that the context sees, without their messages, each with the slug of its assistant.';
COMMENT ON COLUMN awgp.conversation_list.id IS 'Key.';
COMMENT ON COLUMN awgp.conversation_list.tenant_id IS 'The tenant whose conversation it is; never changes.';
COMMENT ON COLUMN awgp.conversation_list.assistant_id IS 'The assistant, of the same tenant, that talked.';
COMMENT ON COLUMN awgp.conversation_list.assistant_slug IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.conversation_list.work_item_id IS 'The work item, of the same tenant, it was about.';
COMMENT ON COLUMN awgp.conversation_list.channel IS 'Where it took place: telegram, slack, email, internal or another.';
COMMENT ON COLUMN awgp.conversation_list.external_id IS 'Its name there, such as a Telegram chat id; content, which the audit trail does not hold.';
COMMENT ON COLUMN awgp.conversation_list.message_count IS 'How many messages there are, or were before they were erased; kept by trigger.';
COMMENT ON COLUMN awgp.conversation_list.model IS 'The model that talked: as given, else the last one charged to the work item, else the assistant''s.';
COMMENT ON COLUMN awgp.conversation_list.cost_amount IS 'What it cost, in the currency of the tenant''s pools, six decimals; as given, else the work item''s in the ledger.';
COMMENT ON COLUMN awgp.conversation_list.token_count IS 'Tokens used; as given, else the work item''s in the ledger.';
COMMENT ON COLUMN awgp.conversation_list.started_at IS 'When it began.';
COMMENT ON COLUMN awgp.conversation_list.ended_at IS 'When it ended; from then on nothing of it changes.';
COMMENT ON COLUMN awgp.conversation_list.legal_hold IS 'While true, the content is not erased.';
COMMENT ON COLUMN awgp.conversation_list.erased_at IS 'When the content was erased.';
COMMENT ON COLUMN awgp.conversation_list.created_at IS 'When the row was made.';

REVOKE ALL ON awgp.conversation_list FROM PUBLIC;
GRANT SELECT ON awgp.conversation_list TO awgp_app;
