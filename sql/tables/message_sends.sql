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

COMMENT ON TABLE awgp.message_sends IS 'The times of the last messages of each window, as many as its limit and a few more. Only awgp.authorize_message() writes it.';
COMMENT ON COLUMN awgp.message_sends.tenant_id IS 'The tenant of the policy; never changes.';
COMMENT ON COLUMN awgp.message_sends.window_id IS 'The window, of the same tenant.';
COMMENT ON COLUMN awgp.message_sends.number IS 'The message''s number in its window, from 1, without gaps.';
COMMENT ON COLUMN awgp.message_sends.sent_at IS 'When it was counted; ascends with the number.';
COMMENT ON CONSTRAINT message_sends_pkey ON awgp.message_sends IS 'A number stands once in a window.';
COMMENT ON CONSTRAINT message_sends_number_check ON awgp.message_sends IS 'Numbers begin at 1.';
COMMENT ON CONSTRAINT message_sends_window_id_fkey ON awgp.message_sends IS 'The window is one of the same tenant.';
