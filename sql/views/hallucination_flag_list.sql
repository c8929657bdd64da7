-- Hallucination flags, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.hallucination_flag_list WITH (security_invoker = true) AS
SELECT f.id, f.tenant_id, f.assistant_id, f.work_item_id, f.conversation_log_id, f.detection_method,
       f.confidence_score, f.model, f.flagged_content, f.status, f.reviewed_by, f.reviewed_at, f.notes,
       f.content_digest, f.content_salt, f.content_erased_at, f.suspended_at, f.created_at, f.updated_at,
       a.slug AS assistant_slug,
       t.slug AS tenant_slug,
       w.title AS work_item_title,
       u.email AS reviewed_by_email
FROM awgp.hallucination_flags AS f
LEFT JOIN awgp.assistants AS a ON a.tenant_id = f.tenant_id AND a.id = f.assistant_id
LEFT JOIN awgp.tenants AS t ON t.id = f.tenant_id
LEFT JOIN awgp.work_items AS w ON w.tenant_id = f.tenant_id AND w.id = f.work_item_id
LEFT JOIN awgp.users AS u ON u.tenant_id = f.tenant_id AND u.id = f.reviewed_by
WHERE f.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.hallucination_flag_list IS 'The hallucination flags visible to the caller, each with the names of its assistant, tenant, work item and reviewer.';
COMMENT ON COLUMN awgp.hallucination_flag_list.id IS 'Id of the flag.';
COMMENT ON COLUMN awgp.hallucination_flag_list.tenant_id IS 'The tenant of the assistant; never changes.';
COMMENT ON COLUMN awgp.hallucination_flag_list.assistant_id IS 'The assistant, of the same tenant, that said it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.work_item_id IS 'The work item, of the same tenant and assistant, it was said in. If it is not given: that of the conversation.';
COMMENT ON COLUMN awgp.hallucination_flag_list.conversation_log_id IS 'The conversation, of the same tenant and assistant, it was said in.';
COMMENT ON COLUMN awgp.hallucination_flag_list.detection_method IS 'How it was found: confidence, fact_check, pattern, or one of hallucination_policy.custom_methods in the tenant''s settings.';
COMMENT ON COLUMN awgp.hallucination_flag_list.confidence_score IS 'How sure the detector is, 0.00 to 1.00; more decimals are rounded.';
COMMENT ON COLUMN awgp.hallucination_flag_list.model IS 'The model that said it: as given, else that of the conversation, else that of the last entry of the work item in the ledger, else model_config.model of the assistant.';
COMMENT ON COLUMN awgp.hallucination_flag_list.flagged_content IS 'What was said. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.status IS 'pending (not reviewed), reviewed (somebody looked and could not decide), false_positive or confirmed.';
COMMENT ON COLUMN awgp.hallucination_flag_list.reviewed_by IS 'The user, of the same tenant, who last reviewed it. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.reviewed_at IS 'When the flag was last reviewed. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.notes IS 'What the reviewer found. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.content_digest IS 'HMAC-SHA-256 of flagged_content and notes under content_salt. The audit trail has it in place of the content, and it stays when the content is erased. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.content_salt IS 'Key of content_digest: 32 random bytes, erased with the content. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.content_erased_at IS 'When flagged_content and notes were erased, together with the conversation they quote. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.suspended_at IS 'When this flag helped to suspend the assistant. It does not count towards another suspension. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.hallucination_flag_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.assistant_slug IS 'The slug of the assistant that said it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.tenant_slug IS 'The slug of its tenant.';
COMMENT ON COLUMN awgp.hallucination_flag_list.work_item_title IS 'The title of the work item; NULL: it was said in none.';
COMMENT ON COLUMN awgp.hallucination_flag_list.reviewed_by_email IS 'E-mail address of the user who last reviewed it.';

REVOKE ALL ON awgp.hallucination_flag_list FROM PUBLIC;
GRANT SELECT ON awgp.hallucination_flag_list TO awgp_app;
