-- By which version of the digest something is pinned: the second names what the assistant is, too.

ALTER TABLE awgp.approvals ADD COLUMN request_digest_version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN awgp.approvals.request_digest_version IS 'The version of request_digest; each is compared by its own. Kept by the machine.';

ALTER TABLE awgp.work_items ADD COLUMN pinned_digest_version integer;
COMMENT ON COLUMN awgp.work_items.pinned_digest_version IS 'The version of pinned_digest; empty: the first. Kept by the machine.';

ALTER TABLE awgp.governed_actions ADD COLUMN request_digest_version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN awgp.governed_actions.request_digest_version IS 'The version of request_digest.';
