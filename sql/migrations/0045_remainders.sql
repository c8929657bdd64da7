-- What is beyond six decimals is carried: of an entry beside its amount, of a balance beside what is spent.

ALTER TABLE awgp.cost_transactions
    ADD COLUMN cost_remainder numeric NOT NULL DEFAULT 0,
    ADD CONSTRAINT cost_transactions_remainder_check CHECK (
        pg_catalog.abs(cost_remainder) < 0.000001 AND pg_catalog.scale(cost_remainder) <= 24);
COMMENT ON COLUMN awgp.cost_transactions.cost_remainder IS 'What cost_amount lacks of the exact cost, below zero where it has more: less than a millionth, 24 decimals. cost_amount + cost_remainder is the cost.';
COMMENT ON CONSTRAINT cost_transactions_remainder_check ON awgp.cost_transactions IS 'A remainder is less than a millionth.';
COMMENT ON COLUMN awgp.cost_transactions.cost_amount IS 'What it cost, in the currency of the pool, six decimals; computed from the tokens where it is not given; negative in an entry that reverses another. Where six decimals would show nothing, with what entries before it lacked.';

ALTER TABLE awgp.budget_periods
    ADD COLUMN remainder numeric NOT NULL DEFAULT 0,
    ADD CONSTRAINT budget_periods_remainder_check CHECK (pg_catalog.abs(remainder) <= 0.0000005);
COMMENT ON COLUMN awgp.budget_periods.remainder IS 'What spent lacks of the exact sum, below zero where it has more: half a millionth at most.';
COMMENT ON CONSTRAINT budget_periods_remainder_check ON awgp.budget_periods IS 'Spent is the exact sum to six decimals.';
