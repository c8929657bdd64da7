-- Hallucination flags, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.hallucination_flag_list WITH (security_invoker = true) AS
SELECT f.id, f.tenant_id, f.assistant_id, f.work_item_id, f.conversation_log_id, f.detection_method,
       f.confidence_score, f.model, f.flagged_content, f.status, f.reviewed_by, f.reviewed_at, f.notes,
       f.content_digest, f.content_salt, f.content_erased_at, f.suspended_at, f.created_at, f.updated_at,
       a.slug AS assistant_slug
FROM awgp.hallucination_flags AS f
LEFT JOIN awgp.assistants AS a ON a.tenant_id = f.tenant_id AND a.id = f.assistant_id
WHERE f.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.hallucination_flag_list IS 'The hallucination flags that the context sees, each with the slug of its assistant.';
COMMENT ON COLUMN awgp.hallucination_flag_list.id IS 'Key.';
COMMENT ON COLUMN awgp.hallucination_flag_list.tenant_id IS 'The tenant whose assistant it was; never changes.';
COMMENT ON COLUMN awgp.hallucination_flag_list.assistant_id IS 'The assistant, of the same tenant, that said it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.work_item_id IS 'The work item, of the same tenant, it was said in.';
COMMENT ON COLUMN awgp.hallucination_flag_list.conversation_log_id IS 'The conversation, of the same assistant, it was said in.';
COMMENT ON COLUMN awgp.hallucination_flag_list.detection_method IS 'How it was found: confidence, fact_check, pattern, or one that the tenant''s hallucination_policy lists.';
COMMENT ON COLUMN awgp.hallucination_flag_list.confidence_score IS 'How sure the detector is, 0.00 to 1.00.';
COMMENT ON COLUMN awgp.hallucination_flag_list.model IS 'The model that said it: as given, else the conversation''s, else the last one charged to the work item, else the assistant''s.';
COMMENT ON COLUMN awgp.hallucination_flag_list.flagged_content IS 'What was said. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.status IS 'pending, reviewed, false_positive or confirmed.';
COMMENT ON COLUMN awgp.hallucination_flag_list.reviewed_by IS 'The user, of the same tenant, who looked at it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.reviewed_at IS 'When they reviewed it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.notes IS 'What they found. The audit trail does not hold it.';
COMMENT ON COLUMN awgp.hallucination_flag_list.content_digest IS 'HMAC-SHA-256 of flagged_content and notes under content_salt; what the audit trail holds in their place, and what stays when they are erased.';
COMMENT ON COLUMN awgp.hallucination_flag_list.content_salt IS 'Key of content_digest: 32 random bytes, erased with the content.';
COMMENT ON COLUMN awgp.hallucination_flag_list.content_erased_at IS 'When flagged_content and notes were erased, with the conversation they quote.';
COMMENT ON COLUMN awgp.hallucination_flag_list.suspended_at IS 'When the assistant was suspended over this flag and others; it counts for no further suspension.';
COMMENT ON COLUMN awgp.hallucination_flag_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.hallucination_flag_list.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.hallucination_flag_list.assistant_slug IS 'The slug of the assistant that said it.';

REVOKE ALL ON awgp.hallucination_flag_list FROM PUBLIC;
GRANT SELECT ON awgp.hallucination_flag_list TO awgp_app;
