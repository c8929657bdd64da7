-- Approvers who are no users of the tenant; and what AWGP has not seen decided and so does not act on.
SELECT p.id::text AS row_id, 'approver_ids' AS column_name, 'unknown_reference' AS reason, approver::text AS detail,
       'error' AS severity
FROM seed.approvals AS p CROSS JOIN LATERAL unnest(p.approver_ids) AS approver
LEFT JOIN seed.users AS u ON u.id = approver AND u.tenant_id = p.tenant_id
WHERE u.id IS NULL
UNION ALL
SELECT p.id::text, 'status', 'approval_not_carried', w.id::text, 'warning'
FROM seed.approvals AS p JOIN seed.work_items AS w ON w.id = p.work_item_id
WHERE p.status = 'approved' AND w.status IN ('backlog', 'awaiting_approval')
UNION ALL
SELECT p.id::text, 'approved_by', 'moved_to_context', p.approved_by::text, 'warning'
FROM seed.approvals AS p
WHERE p.status <> 'approved' AND (p.approved_by IS NOT NULL OR p.approved_at IS NOT NULL)
