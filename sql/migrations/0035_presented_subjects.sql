-- A human is a subject, not a row: whoever asks, votes, delegates or makes an assistant is kept as the token named them.

ALTER TABLE awgp.approvals
    ADD COLUMN requester_issuer text,
    ADD COLUMN requester_subject text,
    ADD CONSTRAINT approvals_requester_subject_check CHECK ((requester_issuer IS NULL) = (requester_subject IS NULL));
COMMENT ON COLUMN awgp.approvals.requester_issuer IS 'Who issued the token that the requester presented; empty in trusted mode. Kept by the machine.';
COMMENT ON COLUMN awgp.approvals.requester_subject IS 'The subject of that token: the same human does not decide, whichever user they are.';
COMMENT ON CONSTRAINT approvals_requester_subject_check ON awgp.approvals IS 'A subject is one of an issuer.';

ALTER TABLE awgp.approval_decisions
    ADD COLUMN approver_issuer text,
    ADD COLUMN approver_subject text,
    ADD COLUMN on_behalf_of_subject text,
    ADD CONSTRAINT approval_decisions_one_subject_key UNIQUE (tenant_id, approval_id, approver_issuer, approver_subject),
    ADD CONSTRAINT approval_decisions_approver_subject_check CHECK ((approver_issuer IS NULL) = (approver_subject IS NULL)),
    ADD CONSTRAINT approval_decisions_behalf_subject_check CHECK (on_behalf_of_subject IS NULL OR on_behalf_of IS NOT NULL);
COMMENT ON COLUMN awgp.approval_decisions.approver_issuer IS 'Who issued the token that the human presented; empty in trusted mode.';
COMMENT ON COLUMN awgp.approval_decisions.approver_subject IS 'The subject of that token: the same human does not vote again, whichever user they are.';
COMMENT ON COLUMN awgp.approval_decisions.on_behalf_of_subject IS 'The subject that the user had whose authority was used.';
COMMENT ON CONSTRAINT approval_decisions_one_subject_key ON awgp.approval_decisions IS 'One subject of an issuer, one vote on an approval.';
COMMENT ON CONSTRAINT approval_decisions_approver_subject_check ON awgp.approval_decisions IS 'A subject is one of an issuer.';
COMMENT ON CONSTRAINT approval_decisions_behalf_subject_check ON awgp.approval_decisions IS 'A delegator''s subject stands beside the delegator.';

ALTER TABLE awgp.approval_delegations ADD COLUMN delegator_subject text;
COMMENT ON COLUMN awgp.approval_delegations.delegator_subject IS 'The subject that the delegator had when it was given; void once the user has another. Kept by the machine.';

ALTER TABLE awgp.assistants
    ADD COLUMN creator_issuer text,
    ADD COLUMN creator_subject text,
    ADD CONSTRAINT assistants_creator_subject_check CHECK ((creator_issuer IS NULL) = (creator_subject IS NULL));
COMMENT ON COLUMN awgp.assistants.creator_issuer IS 'Who issued the token that the maker presented; empty in trusted mode. Kept by the machine.';
COMMENT ON COLUMN awgp.assistants.creator_subject IS 'The subject of that token: the maker stays the maker, whichever user they are.';
COMMENT ON CONSTRAINT assistants_creator_subject_check ON awgp.assistants IS 'A subject is one of an issuer.';
