-- Flags about another assistant's work item.
SELECT h.id::text AS row_id, 'work_item_id' AS column_name, 'other_assistant' AS reason, w.assistant_id::text AS detail,
       'error' AS severity
FROM seed.hallucination_flags AS h JOIN seed.work_items AS w ON w.id = h.work_item_id AND w.tenant_id = h.tenant_id
WHERE w.assistant_id <> h.assistant_id
