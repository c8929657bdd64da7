-- Flags, as they would stand in AWGP.
SELECT h.id, h.tenant_id, h.assistant_id, h.work_item_id, h.conversation_log_id, h.detection_method,
       round(h.confidence_score, 2) AS confidence_score, h.flagged_content, h.status, h.reviewed_by, h.reviewed_at,
       h.notes, h.created_at, COALESCE(h.reviewed_at, h.created_at) AS updated_at
FROM seed.rows AS h
