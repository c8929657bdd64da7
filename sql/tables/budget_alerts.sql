-- Alerts of budgets: a threshold was reached, or more was spent than a limit allows.

CREATE TABLE awgp.budget_alerts (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    period_id uuid NOT NULL,
    kind text NOT NULL,
    threshold integer,
    transaction_id uuid,
    spent numeric(18,6) NOT NULL,
    limit_amount numeric(18,6) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT budget_alerts_pkey PRIMARY KEY (id),
    CONSTRAINT budget_alerts_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT budget_alerts_period_id_threshold_key UNIQUE (tenant_id, period_id, threshold),
    CONSTRAINT budget_alerts_kind_check CHECK (kind IN ('threshold', 'overrun')),
    CONSTRAINT budget_alerts_threshold_check CHECK ((threshold IS NOT NULL) = (kind = 'threshold') AND threshold IN (50, 75, 90)),
    CONSTRAINT budget_alerts_amounts_check CHECK (
        spent >= 0 AND spent < 'NaN' AND limit_amount >= 0 AND limit_amount < 'NaN'),
    CONSTRAINT budget_alerts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT budget_alerts_period_id_fkey FOREIGN KEY (tenant_id, period_id) REFERENCES awgp.budget_periods (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT budget_alerts_transaction_id_fkey FOREIGN KEY (tenant_id, transaction_id) REFERENCES awgp.cost_transactions (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_budget_alerts_tenant ON awgp.budget_alerts (tenant_id, created_at DESC);
CREATE INDEX idx_budget_alerts_transaction ON awgp.budget_alerts (tenant_id, transaction_id);

COMMENT ON TABLE awgp.budget_alerts IS 'Alerts of budgets: 50, 75 or 90 per cent have been spent, or more than the limit. The id of each is sent on the channel awgp_budget. Only the ledger writes them.';
COMMENT ON COLUMN awgp.budget_alerts.id IS 'Id of the alert; the payload of the notification.';
COMMENT ON COLUMN awgp.budget_alerts.tenant_id IS 'The tenant whose limit it is.';
COMMENT ON COLUMN awgp.budget_alerts.period_id IS 'The period of the limit.';
COMMENT ON COLUMN awgp.budget_alerts.kind IS 'threshold: this share of the limit was reached, once in a period; overrun: an entry went over the limit, or over what was reserved.';
COMMENT ON COLUMN awgp.budget_alerts.threshold IS '50, 75 or 90 per cent; NULL for an overrun.';
COMMENT ON COLUMN awgp.budget_alerts.transaction_id IS 'The entry, of the same tenant, that caused it; NULL if a changed budget or, for a holding, an entry of a subsidiary did.';
COMMENT ON COLUMN awgp.budget_alerts.spent IS 'What was spent in the period at that time.';
COMMENT ON COLUMN awgp.budget_alerts.limit_amount IS 'The limit of the period at that time.';
COMMENT ON COLUMN awgp.budget_alerts.created_at IS 'When the row was made.';
COMMENT ON CONSTRAINT budget_alerts_pkey ON awgp.budget_alerts IS 'The id identifies the alert.';
COMMENT ON CONSTRAINT budget_alerts_tenant_id_id_key ON awgp.budget_alerts IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT budget_alerts_period_id_threshold_key ON awgp.budget_alerts IS 'A threshold is reported once in a period.';
COMMENT ON CONSTRAINT budget_alerts_kind_check ON awgp.budget_alerts IS 'The kind is threshold or overrun.';
COMMENT ON CONSTRAINT budget_alerts_threshold_check ON awgp.budget_alerts IS 'A threshold is 50, 75 or 90; an overrun has no threshold.';
COMMENT ON CONSTRAINT budget_alerts_amounts_check ON awgp.budget_alerts IS 'Amounts are numbers, and not negative.';
COMMENT ON CONSTRAINT budget_alerts_tenant_id_fkey ON awgp.budget_alerts IS 'The tenant exists, and cannot be deleted while it has alerts.';
COMMENT ON CONSTRAINT budget_alerts_period_id_fkey ON awgp.budget_alerts IS 'The period is one of the same tenant.';
COMMENT ON CONSTRAINT budget_alerts_transaction_id_fkey ON awgp.budget_alerts IS 'The entry is one of the same tenant.';
COMMENT ON INDEX awgp.idx_budget_alerts_tenant IS 'A tenant''s newest alerts.';
COMMENT ON INDEX awgp.idx_budget_alerts_transaction IS 'The alerts of an entry; serves its foreign key.';
