-- When the last messages of each window were counted.

CREATE TABLE awgp.message_sends (
    tenant_id uuid NOT NULL,
    window_id uuid NOT NULL,
    number bigint NOT NULL,
    sent_at timestamptz NOT NULL,
    CONSTRAINT message_sends_pkey PRIMARY KEY (tenant_id, window_id, number),
    CONSTRAINT message_sends_number_check CHECK (number >= 1),
    CONSTRAINT message_sends_window_id_fkey FOREIGN KEY (tenant_id, window_id) REFERENCES awgp.message_windows (tenant_id, id) ON DELETE RESTRICT
);

COMMENT ON TABLE awgp.message_sends IS 'Times of the last messages of each counter (message_windows): as many as its limit, and up to 64 more. Only awgp.authorize_message() writes it.';
COMMENT ON COLUMN awgp.message_sends.tenant_id IS 'The tenant of the policy; never changes.';
COMMENT ON COLUMN awgp.message_sends.window_id IS 'The counter, a row of message_windows of the same tenant.';
COMMENT ON COLUMN awgp.message_sends.number IS 'The number of the message among those of its counter: ascending without gaps; old ones are removed.';
COMMENT ON COLUMN awgp.message_sends.sent_at IS 'When it was counted; ascends with the number.';
COMMENT ON CONSTRAINT message_sends_pkey ON awgp.message_sends IS 'Each number occurs once in a counter.';
COMMENT ON CONSTRAINT message_sends_number_check ON awgp.message_sends IS 'Numbers begin at 1.';
COMMENT ON CONSTRAINT message_sends_window_id_fkey ON awgp.message_sends IS 'The counter is one of the same tenant.';
