-- Conversations whose messages AWGP cannot read, and those about another assistant's work item.
SELECT c.id::text AS row_id, 'messages' AS column_name, problem[1] AS reason, problem[2] AS detail, 'error' AS severity
FROM seed.conversation_logs AS c CROSS JOIN LATERAL awgp.import_messages_problem(c.messages) AS problem
WHERE problem IS NOT NULL
UNION ALL
SELECT c.id::text, 'work_item_id', 'other_assistant', w.assistant_id::text, 'error'
FROM seed.conversation_logs AS c JOIN seed.work_items AS w ON w.id = c.work_item_id AND w.tenant_id = c.tenant_id
WHERE w.assistant_id <> c.assistant_id
