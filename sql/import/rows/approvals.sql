-- Approvals, as they would stand in AWGP. Only an approved request names who approved it; for any other, the
-- names that the seed has stay in the context.
SELECT p.id, p.tenant_id, p.work_item_id, p.title, p.description, p.risk_level, p.status, p.requested_by,
       p.approver_ids,
       CASE WHEN p.status = 'approved' THEN p.approved_by END AS approved_by,
       CASE WHEN p.status = 'approved' THEN p.approved_at END AS approved_at,
       p.rejected_reason, p.expires_at, p.escalation_count,
       CASE WHEN p.status <> 'approved' AND (p.approved_by IS NOT NULL OR p.approved_at IS NOT NULL)
            THEN jsonb_build_object('imported', jsonb_build_object('approved_by', p.approved_by, 'approved_at', p.approved_at))
                 || CASE jsonb_typeof(p.context) WHEN 'object' THEN p.context ELSE jsonb_build_object('context', p.context) END
            ELSE COALESCE(p.context, '{}') END AS context,
       p.created_at, p.updated_at, NULL::text AS action
FROM seed.rows AS p
