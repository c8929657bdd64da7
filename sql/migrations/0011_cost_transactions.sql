-- The ledger: what was spent, by whom, on what.

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
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT cost_transactions_pkey PRIMARY KEY (id),
    CONSTRAINT cost_transactions_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT cost_transactions_provider_check CHECK (pg_catalog.btrim(provider) <> ''),
    CONSTRAINT cost_transactions_model_check CHECK (pg_catalog.btrim(model) <> ''),
    CONSTRAINT cost_transactions_tokens_check CHECK (input_tokens >= 0 AND output_tokens >= 0),
    CONSTRAINT cost_transactions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT cost_transactions_work_item_id_fkey FOREIGN KEY (tenant_id, work_item_id) REFERENCES awgp.work_items (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_cost_transactions_tenant ON awgp.cost_transactions (tenant_id, created_at DESC);
CREATE INDEX idx_cost_transactions_assistant ON awgp.cost_transactions (assistant_id, created_at DESC);
CREATE INDEX idx_cost_transactions_tenant_assistant ON awgp.cost_transactions (tenant_id, assistant_id, created_at DESC);
CREATE INDEX idx_cost_transactions_work_item ON awgp.cost_transactions (tenant_id, work_item_id);

COMMENT ON TABLE awgp.cost_transactions IS 'Individual cost records.';
COMMENT ON COLUMN awgp.cost_transactions.id IS 'Key.';
COMMENT ON COLUMN awgp.cost_transactions.tenant_id IS 'The tenant who pays; never changes.';
COMMENT ON COLUMN awgp.cost_transactions.assistant_id IS 'The assistant, of the same tenant, that spent it.';
COMMENT ON COLUMN awgp.cost_transactions.work_item_id IS 'The work item, of the same tenant, it was spent on.';
COMMENT ON COLUMN awgp.cost_transactions.provider IS 'Who was paid.';
COMMENT ON COLUMN awgp.cost_transactions.model IS 'Model that was called.';
COMMENT ON COLUMN awgp.cost_transactions.input_tokens IS 'Tokens sent.';
COMMENT ON COLUMN awgp.cost_transactions.output_tokens IS 'Tokens received.';
COMMENT ON COLUMN awgp.cost_transactions.cost_amount IS 'What it cost, six decimals; negative in an entry that reverses another.';
COMMENT ON COLUMN awgp.cost_transactions.metadata IS 'What else is known of the call.';
COMMENT ON COLUMN awgp.cost_transactions.created_at IS 'When the row was made.';
COMMENT ON CONSTRAINT cost_transactions_pkey ON awgp.cost_transactions IS 'An entry of the ledger is named by its id.';
COMMENT ON CONSTRAINT cost_transactions_tenant_id_id_key ON awgp.cost_transactions IS 'Target of references, which name tenant and entry together.';
COMMENT ON CONSTRAINT cost_transactions_provider_check ON awgp.cost_transactions IS 'A cost names its provider.';
COMMENT ON CONSTRAINT cost_transactions_model_check ON awgp.cost_transactions IS 'A cost names its model.';
COMMENT ON CONSTRAINT cost_transactions_tokens_check ON awgp.cost_transactions IS 'Token counts are not negative.';
COMMENT ON CONSTRAINT cost_transactions_tenant_id_fkey ON awgp.cost_transactions IS 'The tenant exists, and stays while it has costs.';
COMMENT ON CONSTRAINT cost_transactions_assistant_id_fkey ON awgp.cost_transactions IS 'The assistant is one of the same tenant.';
COMMENT ON CONSTRAINT cost_transactions_work_item_id_fkey ON awgp.cost_transactions IS 'The work item is one of the same tenant.';
COMMENT ON INDEX awgp.idx_cost_transactions_tenant IS 'A tenant''s newest costs.';
COMMENT ON INDEX awgp.idx_cost_transactions_assistant IS 'An assistant''s newest costs.';
COMMENT ON INDEX awgp.idx_cost_transactions_tenant_assistant IS 'A tenant''s newest costs by assistant; serves its foreign key.';
COMMENT ON INDEX awgp.idx_cost_transactions_work_item IS 'The costs of a work item; serves its foreign key.';
