-- Money set aside before it is spent: held, then settled, released or expired.

CREATE TABLE awgp.credit_reservations (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    work_item_id uuid,
    provider text NOT NULL,
    pool_id uuid NOT NULL,
    holding_id uuid,
    amount numeric(18,6) NOT NULL,
    state text NOT NULL DEFAULT 'held',
    reserved_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    expires_at timestamptz NOT NULL,
    resolved_at timestamptz,
    idempotency_key text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT credit_reservations_pkey PRIMARY KEY (id),
    CONSTRAINT credit_reservations_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT credit_reservations_amount_check CHECK (amount > 0 AND amount < 'NaN'),
    CONSTRAINT credit_reservations_state_check CHECK (state IN ('held', 'settled', 'released', 'expired')),
    CONSTRAINT credit_reservations_resolved_check CHECK ((resolved_at IS NULL) = (state = 'held')),
    CONSTRAINT credit_reservations_window_check CHECK (reserved_at < expires_at),
    CONSTRAINT credit_reservations_idempotency_key_check CHECK (pg_catalog.length(idempotency_key) BETWEEN 1 AND 200),
    CONSTRAINT credit_reservations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT credit_reservations_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT credit_reservations_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT credit_reservations_pool_id_fkey FOREIGN KEY (tenant_id, pool_id) REFERENCES awgp.provider_credit_pools (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT credit_reservations_holding_id_fkey FOREIGN KEY (holding_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);
-- Partial: a reservation without a key costs it nothing.
CREATE UNIQUE INDEX idx_credit_reservations_idempotency_key ON awgp.credit_reservations (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX idx_credit_reservations_held ON awgp.credit_reservations (tenant_id, expires_at) WHERE state = 'held';
CREATE INDEX idx_credit_reservations_holding_held ON awgp.credit_reservations (holding_id, expires_at) WHERE state = 'held';
CREATE INDEX idx_credit_reservations_pool ON awgp.credit_reservations (tenant_id, pool_id, reserved_at);
CREATE INDEX idx_credit_reservations_assistant ON awgp.credit_reservations (tenant_id, assistant_id, reserved_at);
CREATE INDEX idx_credit_reservations_holding ON awgp.credit_reservations (holding_id, reserved_at) WHERE holding_id IS NOT NULL;
CREATE INDEX idx_credit_reservations_work_item ON awgp.credit_reservations (tenant_id, work_item_id) WHERE work_item_id IS NOT NULL;

COMMENT ON TABLE awgp.credit_reservations IS 'Money that is set aside before it is spent. A reservation ends once: settled, released or expired.';
COMMENT ON COLUMN awgp.credit_reservations.id IS 'Id of the reservation.';
COMMENT ON COLUMN awgp.credit_reservations.tenant_id IS 'The tenant whose money it is; never changes.';
COMMENT ON COLUMN awgp.credit_reservations.assistant_id IS 'The assistant, of the same tenant, that will spend it.';
COMMENT ON COLUMN awgp.credit_reservations.work_item_id IS 'The work item, of the same tenant, it is for.';
COMMENT ON COLUMN awgp.credit_reservations.provider IS 'The provider who will be paid.';
COMMENT ON COLUMN awgp.credit_reservations.pool_id IS 'The pool of the same tenant that pays. Set by the ledger.';
COMMENT ON COLUMN awgp.credit_reservations.holding_id IS 'The holding whose limit it counts towards; NULL without a holding. Set by the ledger.';
COMMENT ON COLUMN awgp.credit_reservations.amount IS 'How much is held, with six decimals.';
COMMENT ON COLUMN awgp.credit_reservations.state IS 'held: counts towards the limits until expires_at; settled: a cost was recorded for it; released: given back; expired: its time is over. A plain UPDATE may set released, and expired only from expires_at on.';
COMMENT ON COLUMN awgp.credit_reservations.reserved_at IS 'The moment that decides in which periods the reservation, and later the cost that settles it, are counted. Set by the ledger.';
COMMENT ON COLUMN awgp.credit_reservations.expires_at IS 'The first moment at which it no longer counts towards the limits; at most 31 days ahead.';
COMMENT ON COLUMN awgp.credit_reservations.resolved_at IS 'When it was settled, released or expired; NULL while it is held. Set by the ledger.';
COMMENT ON COLUMN awgp.credit_reservations.idempotency_key IS 'Idempotency key of the caller, unique in the tenant.';
COMMENT ON COLUMN awgp.credit_reservations.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.credit_reservations.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON CONSTRAINT credit_reservations_pkey ON awgp.credit_reservations IS 'The id identifies the reservation.';
COMMENT ON CONSTRAINT credit_reservations_tenant_id_id_key ON awgp.credit_reservations IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT credit_reservations_amount_check ON awgp.credit_reservations IS 'The amount held is a number above zero.';
COMMENT ON CONSTRAINT credit_reservations_state_check ON awgp.credit_reservations IS 'The state is held, settled, released or expired.';
COMMENT ON CONSTRAINT credit_reservations_resolved_check ON awgp.credit_reservations IS 'resolved_at is set if and only if the reservation is no longer held.';
COMMENT ON CONSTRAINT credit_reservations_window_check ON awgp.credit_reservations IS 'A reservation expires after it is made.';
COMMENT ON CONSTRAINT credit_reservations_idempotency_key_check ON awgp.credit_reservations IS 'An idempotency key has 1 to 200 characters.';
COMMENT ON CONSTRAINT credit_reservations_tenant_id_fkey ON awgp.credit_reservations IS 'The tenant exists, and cannot be deleted while it has reservations.';
COMMENT ON CONSTRAINT credit_reservations_assistant_id_fkey ON awgp.credit_reservations IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT credit_reservations_work_item_id_fkey ON awgp.credit_reservations IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT credit_reservations_pool_id_fkey ON awgp.credit_reservations IS 'The pool is one of the same tenant, and cannot be deleted while it has reservations.';
COMMENT ON CONSTRAINT credit_reservations_holding_id_fkey ON awgp.credit_reservations IS 'The holding exists, and cannot be deleted while reservations count towards its limit.';
COMMENT ON INDEX awgp.idx_credit_reservations_idempotency_key IS 'No two reservations of a tenant have the same idempotency key.';
COMMENT ON INDEX awgp.idx_credit_reservations_held IS 'What a tenant holds, by its expiry.';
COMMENT ON INDEX awgp.idx_credit_reservations_holding_held IS 'What counts towards a holding''s limit, by its expiry.';
COMMENT ON INDEX awgp.idx_credit_reservations_pool IS 'The reservations of a pool''s period; serves its foreign key.';
COMMENT ON INDEX awgp.idx_credit_reservations_assistant IS 'The reservations of an assistant''s day; serves its foreign key.';
COMMENT ON INDEX awgp.idx_credit_reservations_holding IS 'The reservations of a holding''s month; serves its foreign key.';
COMMENT ON INDEX awgp.idx_credit_reservations_work_item IS 'The reservations of a work item; serves its foreign key.';
