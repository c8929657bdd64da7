CREATE OR REPLACE FUNCTION awgp.flag_hallucination(
    assistant_id uuid,
    detection_method text,
    confidence_score awgp.number DEFAULT NULL,
    flagged_content text DEFAULT NULL,
    work_item_id uuid DEFAULT NULL,
    conversation_log_id uuid DEFAULT NULL
) RETURNS awgp.hallucination_flags
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.hallucination_flags (tenant_id, assistant_id, detection_method, confidence_score, flagged_content,
                                          work_item_id, conversation_log_id)
    VALUES (awgp.current_tenant(), flag_hallucination.assistant_id, flag_hallucination.detection_method,
            -- NaN is left to the column's CHECK, as 1.01 is.
            CASE WHEN flag_hallucination.confidence_score::numeric = 'NaN' THEN 'NaN'
                 ELSE awgp.checked_amount(flag_hallucination.confidence_score::numeric, 'confidence_score') END, flag_hallucination.flagged_content, flag_hallucination.work_item_id,
            flag_hallucination.conversation_log_id)
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.flag_hallucination(uuid, text, awgp.number, text, uuid, uuid) IS 'Flags a potential hallucination of an assistant of the tenant in context, with the status pending, and returns the row. Its model is computed; to give it, INSERT the row.
assistant_id: the assistant
detection_method: confidence, fact_check, pattern, or one of hallucination_policy.custom_methods in the tenant''s settings
confidence_score: 0 to 1, rounded to two decimals; NULL: not known
flagged_content: what was said, at most 128 KiB
work_item_id: where it was said, a work item of the same assistant; NULL: that of the conversation
conversation_log_id: where it was said, a conversation of the same assistant; NULL: in none
User role: operator
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 unknown_detection_method, out_of_range; 23502 for NULL in assistant_id or detection_method; 23503 hallucination_flags_assistant_id_fkey, hallucination_flags_work_item_id_fkey, hallucination_flags_conversation_log_id_fkey (also for a conversation of another assistant); 23514 other_assistant (a work item of another assistant), hallucination_flags_confidence_score_check; 55000 conversation_erased';
REVOKE ALL ON FUNCTION awgp.flag_hallucination(uuid, text, awgp.number, text, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.flag_hallucination(uuid, text, awgp.number, text, uuid, uuid) TO awgp_app;
