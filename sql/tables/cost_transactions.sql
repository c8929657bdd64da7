-- The ledger: what was spent, by which assistant, on what.

CREATE TABLE awgp.cost_transactions (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    work_item_id uuid,
    provider text NOT NULL,
    model text NOT NULL,
    input_tokens integer NOT NULL,
    output_tokens integer NOT NULL,
    cost_amount numeric(18,6) NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    pool_id uuid,
    holding_id uuid,
    accounted_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    reservation_id uuid,
    reverses_id uuid,
    overrun boolean NOT NULL DEFAULT false,
    idempotency_key text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    cost_remainder numeric NOT NULL DEFAULT 0,
    CONSTRAINT cost_transactions_pkey PRIMARY KEY (id),
    CONSTRAINT cost_transactions_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT cost_transactions_provider_check CHECK (pg_catalog.btrim(provider) <> ''),
    CONSTRAINT cost_transactions_model_check CHECK (pg_catalog.btrim(model) <> ''),
    CONSTRAINT cost_transactions_tokens_check CHECK (input_tokens >= 0 AND output_tokens >= 0),
    CONSTRAINT cost_transactions_amount_check CHECK (
        cost_amount < 'NaN' AND (cost_amount >= 0 OR reverses_id IS NOT NULL)),
    CONSTRAINT cost_transactions_metadata_check CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT cost_transactions_idempotency_key_check CHECK (pg_catalog.length(idempotency_key) BETWEEN 1 AND 200),
    CONSTRAINT cost_transactions_remainder_check CHECK (
        pg_catalog.abs(cost_remainder) < 0.000001 AND pg_catalog.scale(cost_remainder) <= 24),
    CONSTRAINT cost_transactions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_pool_id_fkey FOREIGN KEY (tenant_id, pool_id) REFERENCES awgp.provider_credit_pools (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_holding_id_fkey FOREIGN KEY (holding_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_reverses_id_fkey FOREIGN KEY (tenant_id, reverses_id) REFERENCES awgp.cost_transactions (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_reservation_id_fkey FOREIGN KEY (tenant_id, reservation_id) REFERENCES awgp.credit_reservations (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_cost_transactions_tenant ON awgp.cost_transactions (tenant_id, created_at DESC);
CREATE INDEX idx_cost_transactions_assistant ON awgp.cost_transactions (assistant_id, created_at DESC);
-- Partial: an entry without such a value costs these nothing.
CREATE UNIQUE INDEX idx_cost_transactions_idempotency_key ON awgp.cost_transactions (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX idx_cost_transactions_reservation ON awgp.cost_transactions (tenant_id, reservation_id) WHERE reservation_id IS NOT NULL;
CREATE UNIQUE INDEX idx_cost_transactions_reverses ON awgp.cost_transactions (tenant_id, reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX idx_cost_transactions_holding ON awgp.cost_transactions (holding_id, accounted_at) WHERE holding_id IS NOT NULL;
CREATE INDEX idx_cost_transactions_work_item ON awgp.cost_transactions (tenant_id, work_item_id) WHERE work_item_id IS NOT NULL;

COMMENT ON TABLE awgp.cost_transactions IS 'The ledger: one entry for each cost.';
COMMENT ON COLUMN awgp.cost_transactions.id IS 'Id of the entry.';
COMMENT ON COLUMN awgp.cost_transactions.tenant_id IS 'The tenant who pays; never changes.';
COMMENT ON COLUMN awgp.cost_transactions.assistant_id IS 'The assistant, of the same tenant, that spent it.';
COMMENT ON COLUMN awgp.cost_transactions.work_item_id IS 'The work item, of the same tenant, it was spent on.';
COMMENT ON COLUMN awgp.cost_transactions.provider IS 'The provider who was paid.';
COMMENT ON COLUMN awgp.cost_transactions.model IS 'The model that was called.';
COMMENT ON COLUMN awgp.cost_transactions.input_tokens IS 'Tokens sent, as the provider reports them: docs/prices.md says which providers leave out those from their cache. reverse_cost() sets 0.';
COMMENT ON COLUMN awgp.cost_transactions.output_tokens IS 'Tokens received. reverse_cost() sets 0.';
COMMENT ON COLUMN awgp.cost_transactions.cost_amount IS 'The cost, rounded to six decimals: as given, else computed from the tokens. Negative in an entry that reverses another. For costs below a millionth see docs/money.md.';
COMMENT ON COLUMN awgp.cost_transactions.metadata IS 'What else is known of the call, a JSON object. AWGP reads cached_tokens (how many of the tokens were from the provider''s cache) and incurred (true: the money is already spent, so the entry is made even over a limit). It sets price, the price the amount was computed with.';
COMMENT ON COLUMN awgp.cost_transactions.pool_id IS 'The pool of the same tenant that paid; NULL if the tenant has none for the provider. Set by the ledger.';
COMMENT ON COLUMN awgp.cost_transactions.holding_id IS 'The holding whose limit it counts towards; NULL without a holding. Set by the ledger.';
COMMENT ON COLUMN awgp.cost_transactions.accounted_at IS 'The moment that decides in which periods it is counted: now, that of its reservation, or that of the entry it reverses. Set by the ledger.';
COMMENT ON COLUMN awgp.cost_transactions.reservation_id IS 'The reservation, of the same tenant, that this settles.';
COMMENT ON COLUMN awgp.cost_transactions.reverses_id IS 'The entry, of the same tenant, that this reverses.';
COMMENT ON COLUMN awgp.cost_transactions.overrun IS 'True if more was spent than was reserved, or than a limit allows. Set by the ledger.';
COMMENT ON COLUMN awgp.cost_transactions.idempotency_key IS 'Idempotency key of the caller, unique in the tenant.';
COMMENT ON COLUMN awgp.cost_transactions.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.cost_transactions.cost_remainder IS 'Exact cost minus cost_amount: positive or negative, less than a millionth, up to 24 decimals. cost_amount + cost_remainder is the cost.';
COMMENT ON CONSTRAINT cost_transactions_pkey ON awgp.cost_transactions IS 'The id identifies the entry of the ledger.';
COMMENT ON CONSTRAINT cost_transactions_tenant_id_id_key ON awgp.cost_transactions IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT cost_transactions_provider_check ON awgp.cost_transactions IS 'A cost names its provider.';
COMMENT ON CONSTRAINT cost_transactions_model_check ON awgp.cost_transactions IS 'A cost names its model.';
COMMENT ON CONSTRAINT cost_transactions_tokens_check ON awgp.cost_transactions IS 'Token counts are not negative.';
COMMENT ON CONSTRAINT cost_transactions_amount_check ON awgp.cost_transactions IS 'A cost is a number. It is negative only in an entry that reverses another.';
COMMENT ON CONSTRAINT cost_transactions_metadata_check ON awgp.cost_transactions IS 'metadata is a JSON object.';
COMMENT ON CONSTRAINT cost_transactions_idempotency_key_check ON awgp.cost_transactions IS 'An idempotency key has 1 to 200 characters.';
COMMENT ON CONSTRAINT cost_transactions_remainder_check ON awgp.cost_transactions IS 'A remainder is less than a millionth.';
COMMENT ON CONSTRAINT cost_transactions_tenant_id_fkey ON awgp.cost_transactions IS 'The tenant exists, and cannot be deleted while it has costs.';
COMMENT ON CONSTRAINT cost_transactions_assistant_id_fkey ON awgp.cost_transactions IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT cost_transactions_work_item_id_fkey ON awgp.cost_transactions IS 'The work item is one of the same tenant.';
COMMENT ON CONSTRAINT cost_transactions_pool_id_fkey ON awgp.cost_transactions IS 'The pool is one of the same tenant, and cannot be deleted while it has entries.';
COMMENT ON CONSTRAINT cost_transactions_holding_id_fkey ON awgp.cost_transactions IS 'The holding exists, and cannot be deleted while entries count towards its limit.';
COMMENT ON CONSTRAINT cost_transactions_reverses_id_fkey ON awgp.cost_transactions IS 'The reversed entry is one of the same tenant.';
COMMENT ON CONSTRAINT cost_transactions_reservation_id_fkey ON awgp.cost_transactions IS 'The reservation is one of the same tenant.';
COMMENT ON INDEX awgp.idx_cost_transactions_tenant IS 'A tenant''s newest costs.';
COMMENT ON INDEX awgp.idx_cost_transactions_assistant IS 'An assistant''s newest costs; serves its foreign key.';
COMMENT ON INDEX awgp.idx_cost_transactions_idempotency_key IS 'No two entries of a tenant have the same idempotency key.';
COMMENT ON INDEX awgp.idx_cost_transactions_reservation IS 'A reservation is settled once; serves its foreign key.';
COMMENT ON INDEX awgp.idx_cost_transactions_reverses IS 'An entry is reversed once; serves its foreign key.';
COMMENT ON INDEX awgp.idx_cost_transactions_holding IS 'The entries of a holding''s month; serves its foreign key.';
COMMENT ON INDEX awgp.idx_cost_transactions_work_item IS 'The costs of a work item; serves its foreign key.';
