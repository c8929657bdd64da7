-- Approvals with what a reader wants to know of them: what will run, who asked, who has decided what.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.approval_details WITH (security_invoker = true) AS
SELECT p.id, p.tenant_id, p.work_item_id, p.title, p.description, p.risk_level, p.status, p.requested_by,
       p.request_digest, p.approver_ids, p.approved_by, p.approved_at, p.rejected_reason, p.expires_at,
       p.escalation_count, p.escalated_to, p.escalated_at, p.escalation_reason, p.used_at, p.withdrawn_at,
       p.break_glass, p.context, p.created_at, p.updated_at, p.requester_issuer, p.requester_subject,
       p.request_digest_version,
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
        WHERE d.tenant_id = p.tenant_id AND d.approval_id = p.id) AS decisions
FROM awgp.approvals AS p
LEFT JOIN awgp.work_items AS w ON w.tenant_id = p.tenant_id AND w.id = p.work_item_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.users AS r ON r.tenant_id = p.tenant_id AND r.id = p.requested_by
WHERE p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.approval_details IS 'The approvals that the context sees, each with its requester, its work item, its assistant and the decisions so far.';
COMMENT ON COLUMN awgp.approval_details.id IS 'Key.';
COMMENT ON COLUMN awgp.approval_details.tenant_id IS 'The tenant whose work is to be approved; never changes.';
COMMENT ON COLUMN awgp.approval_details.work_item_id IS 'The work item, of the same tenant, that waits.';
COMMENT ON COLUMN awgp.approval_details.title IS 'What is asked, in a line.';
COMMENT ON COLUMN awgp.approval_details.description IS 'What is asked, in full.';
COMMENT ON COLUMN awgp.approval_details.risk_level IS '0 to 5; decides who may approve. At least that of the work item.';
COMMENT ON COLUMN awgp.approval_details.status IS 'pending, approved, rejected, escalated or expired.';
COMMENT ON COLUMN awgp.approval_details.requested_by IS 'The user, of the same tenant, who asks.';
COMMENT ON COLUMN awgp.approval_details.request_digest IS 'SHA-256 of the work item as it was when this was asked, in hexadecimal; docs/approvals.md writes its bytes down. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.approver_ids IS 'Users of the same tenant who may decide; empty means everybody the risk allows.';
COMMENT ON COLUMN awgp.approval_details.approved_by IS 'The user who gave the last vote that was needed; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.approved_at IS 'When it was approved; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.rejected_reason IS 'Why it was rejected.';
COMMENT ON COLUMN awgp.approval_details.expires_at IS 'From this moment on nobody can approve it.';
COMMENT ON COLUMN awgp.approval_details.escalation_count IS 'How often it was escalated; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.escalated_to IS 'The least role that an escalation asks for; empty: the one that the risk asks for. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.escalated_at IS 'When it was last escalated; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.escalation_reason IS 'Why it was last escalated.';
COMMENT ON COLUMN awgp.approval_details.used_at IS 'When work began under it; it is used once. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.withdrawn_at IS 'When what it was asked for began otherwise, ended, or was asked anew; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.break_glass IS 'True where somebody broke glass to approve it; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.context IS 'Data for the one who decides.';
COMMENT ON COLUMN awgp.approval_details.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.approval_details.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.approval_details.requester_issuer IS 'Who issued the token that the requester presented; empty in trusted mode. Kept by the machine.';
COMMENT ON COLUMN awgp.approval_details.requester_subject IS 'The subject of that token: the same human does not decide, whichever user they are.';
COMMENT ON COLUMN awgp.approval_details.request_digest_version IS 'The version of request_digest; each is compared by its own. Kept by the machine.';
COMMENT ON COLUMN awgp.approval_details.requested_by_email IS 'E-mail address of the user who asks.';
COMMENT ON COLUMN awgp.approval_details.work_item_title IS 'The title of the work item.';
COMMENT ON COLUMN awgp.approval_details.work_item_description IS 'Its description.';
COMMENT ON COLUMN awgp.approval_details.work_item_status IS 'Its state.';
COMMENT ON COLUMN awgp.approval_details.work_item_action IS 'The action that it names.';
COMMENT ON COLUMN awgp.approval_details.work_item_context IS 'Its context.';
COMMENT ON COLUMN awgp.approval_details.work_item_cost IS 'What it will cost, as estimated.';
COMMENT ON COLUMN awgp.approval_details.assistant_slug IS 'The slug of the assistant that will do it.';
COMMENT ON COLUMN awgp.approval_details.decisions IS 'The decisions so far, the first one first: decision, by, on_behalf_of, comment, at.';

REVOKE ALL ON awgp.approval_details FROM PUBLIC;
GRANT SELECT ON awgp.approval_details TO awgp_app;
