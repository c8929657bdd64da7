-- The sliding hours of rate limits: how many messages each has counted.

CREATE TABLE awgp.message_windows (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    policy_id uuid NOT NULL,
    from_assistant_id uuid,
    to_assistant_id uuid,
    sent bigint NOT NULL DEFAULT 0,
    last_sent_at timestamptz,
    CONSTRAINT message_windows_pkey PRIMARY KEY (id),
    CONSTRAINT message_windows_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT message_windows_key UNIQUE NULLS NOT DISTINCT (policy_id, from_assistant_id, to_assistant_id),
    CONSTRAINT message_windows_sent_check CHECK (sent >= 0),
    CONSTRAINT message_windows_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
    -- A row is rewritten with each message: on its own page, and no index is touched.
) WITH (fillfactor = 50);

COMMENT ON TABLE awgp.message_windows IS 'Counters of rate limits: one row for each policy, sender or pair. Senders that count together wait for each other on the lock of the row. Only awgp.authorize_message() writes it. Deleting a policy deletes its rows.';
COMMENT ON COLUMN awgp.message_windows.id IS 'Id of the counter.';
COMMENT ON COLUMN awgp.message_windows.tenant_id IS 'The tenant of the policy; never changes.';
COMMENT ON COLUMN awgp.message_windows.policy_id IS 'The policy whose limit it is.';
COMMENT ON COLUMN awgp.message_windows.from_assistant_id IS 'The sender, if rate_limit_scope is sender or pair; else NULL.';
COMMENT ON COLUMN awgp.message_windows.to_assistant_id IS 'The receiver, if rate_limit_scope is pair; else NULL.';
COMMENT ON COLUMN awgp.message_windows.sent IS 'How many messages were ever counted. It is also the number of the last one.';
COMMENT ON COLUMN awgp.message_windows.last_sent_at IS 'When the last one was counted.';
COMMENT ON CONSTRAINT message_windows_pkey ON awgp.message_windows IS 'The id identifies the counter.';
COMMENT ON CONSTRAINT message_windows_tenant_id_id_key ON awgp.message_windows IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT message_windows_key ON awgp.message_windows IS 'A policy has one counter for itself, for a sender, or for a pair.';
COMMENT ON CONSTRAINT message_windows_sent_check ON awgp.message_windows IS 'A count is not negative.';
COMMENT ON CONSTRAINT message_windows_tenant_id_fkey ON awgp.message_windows IS 'The tenant exists, and cannot be deleted while it has counters.';
