-- Approvals with what a reader wants to know of them: what will run, who asked, who has decided what.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.approval_details WITH (security_invoker = true) AS
SELECT p.id, p.tenant_id, p.work_item_id, p.title, p.description, p.risk_level, p.status, p.requested_by,
       p.request_digest, p.approver_ids, p.approved_by, p.approved_at, p.rejected_reason, p.expires_at,
       p.escalation_count, p.escalated_to, p.escalated_at, p.escalation_reason, p.used_at, p.withdrawn_at,
       p.break_glass, p.context, p.created_at, p.updated_at, p.requester_issuer, p.requester_subject,
       p.request_digest_version, p.action, p.arguments, p.arguments_digest, p.requested_arguments,
       p.requested_arguments_digest,
       r.email AS requested_by_email,
       w.title AS work_item_title,
       w.description AS work_item_description,
       w.status AS work_item_status,
       w.context ->> 'action' AS work_item_action,
       w.context AS work_item_context,
       w.estimated_cost AS work_item_cost,
       a.slug AS assistant_slug,
       (SELECT json_agg(json_build_object('decision', d.decision, 'by', u.email, 'on_behalf_of', b.email,
                                          'comment', d.comment, 'at', d.decided_at) ORDER BY d.decided_at)
        FROM awgp.approval_decisions AS d
        LEFT JOIN awgp.users AS u ON u.tenant_id = d.tenant_id AND u.id = d.approver_id
        LEFT JOIN awgp.users AS b ON b.tenant_id = d.tenant_id AND b.id = d.on_behalf_of
        WHERE d.tenant_id = p.tenant_id AND d.approval_id = p.id) AS decisions,
       (SELECT u.email FROM awgp.users AS u WHERE u.tenant_id = p.tenant_id AND u.id = p.approved_by) AS approved_by_email,
       (SELECT array_agg(u.email ORDER BY u.email) FROM awgp.users AS u
        WHERE u.tenant_id = p.tenant_id AND u.id = ANY (p.approver_ids)) AS approver_emails,
       t.slug AS tenant_slug
FROM awgp.approvals AS p
LEFT JOIN awgp.work_items AS w ON w.tenant_id = p.tenant_id AND w.id = p.work_item_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.tenants AS t ON t.id = p.tenant_id
LEFT JOIN awgp.users AS r ON r.tenant_id = p.tenant_id AND r.id = p.requested_by
WHERE p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.approval_details IS 'The approvals visible to the caller, each with its requester, its work item, its assistant and the votes so far. Whatever their status; what the user in context may decide now is in approval_queue.';
COMMENT ON COLUMN awgp.approval_details.id IS 'Id of the approval.';
COMMENT ON COLUMN awgp.approval_details.tenant_id IS 'The tenant whose work is to be approved; never changes.';
COMMENT ON COLUMN awgp.approval_details.work_item_id IS 'The work item, of the same tenant, that waits.';
COMMENT ON COLUMN awgp.approval_details.title IS 'What is requested, in a line.';
COMMENT ON COLUMN awgp.approval_details.description IS 'What is requested, in full.';
COMMENT ON COLUMN awgp.approval_details.risk_level IS 'The risk level that is requested, 0 to 5, at least that of the work item. It decides who may approve.';
COMMENT ON COLUMN awgp.approval_details.status IS 'pending, approved, rejected, escalated or expired. A withdrawn approval is expired and has withdrawn_at.';
COMMENT ON COLUMN awgp.approval_details.requested_by IS 'The user, of the same tenant, who requested it.';
COMMENT ON COLUMN awgp.approval_details.request_digest IS 'SHA-256, in hex, of the work item and its assistant when the approval was requested; docs/approvals.md describes its bytes. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.approver_ids IS 'The users of the same tenant who may decide; NULL or an empty array: everybody whose role may decide this risk.';
COMMENT ON COLUMN awgp.approval_details.approved_by IS 'The user who gave the last vote that was needed. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.approved_at IS 'When it was approved. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.rejected_reason IS 'Why it was rejected.';
COMMENT ON COLUMN awgp.approval_details.expires_at IS 'From this moment on nobody can decide it, and no work begins under it.';
COMMENT ON COLUMN awgp.approval_details.escalation_count IS 'How often it was escalated. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.escalated_to IS 'The lowest role that may decide after an escalation; NULL: the role that the risk level needs. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.escalated_at IS 'When it was last escalated. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.escalation_reason IS 'Why it was last escalated.';
COMMENT ON COLUMN awgp.approval_details.used_at IS 'When work began under it; an approval is used once. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.withdrawn_at IS 'When it was withdrawn: the work began or ended without it, or another approval was requested. The status is then expired. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.break_glass IS 'True if break_glass() approved it. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.context IS 'Data for whoever decides. A JSON object is meant; AWGP does not read it.';
COMMENT ON COLUMN awgp.approval_details.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.approval_details.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.requester_issuer IS 'Issuer of the token that the requester presented; NULL in trusted mode. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.requester_subject IS 'Subject of that token; NULL in trusted mode. A person with this issuer and subject cannot decide, even as another user. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.request_digest_version IS 'The version of request_digest. New approvals have version 2, which covers the assistant''s configuration; version 1 covers the work item only. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.action IS 'The one action of the work item''s assistant that is to be approved; NULL: the approval is for the work item. Never changes.';
COMMENT ON COLUMN awgp.approval_details.arguments IS 'The arguments that are approved, at most 64 KiB of JSON: what the action may be begun with. They are only in this row, and not in the trail. An approver may replace them while nobody has voted. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.arguments_digest IS 'SHA-256, in hex, of the canonical form (RFC 8785) of arguments. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.requested_arguments IS 'The arguments that were requested, where an approver has replaced them; NULL: arguments are as requested. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.requested_arguments_digest IS 'SHA-256, in hex, of the canonical form of the arguments that were requested. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.requested_by_email IS 'E-mail address of the user who requested it.';
COMMENT ON COLUMN awgp.approval_details.work_item_title IS 'The title of the work item.';
COMMENT ON COLUMN awgp.approval_details.work_item_description IS 'The description of the work item.';
COMMENT ON COLUMN awgp.approval_details.work_item_status IS 'The status of the work item.';
COMMENT ON COLUMN awgp.approval_details.work_item_action IS 'context ->> ''action'' of the work item: the action that it names; NULL: none.';
COMMENT ON COLUMN awgp.approval_details.work_item_context IS 'The column context of the work item, as JSON.';
COMMENT ON COLUMN awgp.approval_details.work_item_cost IS 'The estimated cost of the work item.';
COMMENT ON COLUMN awgp.approval_details.assistant_slug IS 'The slug of the assistant that will do it.';
COMMENT ON COLUMN awgp.approval_details.decisions IS 'The votes so far, the first one first: an array of {decision, by, on_behalf_of, comment, at}; by and on_behalf_of are e-mail addresses. NULL: no vote. explain_approval() says how many votes are needed.';
COMMENT ON COLUMN awgp.approval_details.approved_by_email IS 'The e-mail address of approved_by.';
COMMENT ON COLUMN awgp.approval_details.approver_emails IS 'The e-mail addresses of approver_ids.';
COMMENT ON COLUMN awgp.approval_details.tenant_slug IS 'The slug of its tenant.';

REVOKE ALL ON awgp.approval_details FROM PUBLIC;
GRANT SELECT ON awgp.approval_details TO awgp_app;
