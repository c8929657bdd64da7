-- Money.

COMMENT ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) IS 'What a call would cost by the price in force, rounded half up to six decimals: what to reserve for it.
provider: the provider of the model
model: the model, as its provider names it
input_tokens: tokens sent, as the provider reports them. anthropic, bedrock, bedrock_converse and vertex_ai-anthropic_models leave out those from their cache, every other provider includes them
output_tokens: tokens received
cached_tokens: how many tokens were from the provider''s cache
at: the price at this moment; NULL: now
Errors: P0002 unknown_price; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.pool_period(bigint, text, timestamptz) IS 'For AWGP itself, in the view budget_status: the first moment of a pool''s period, and the first moment after it.
reset_day: 1 to 31
time_zone: a name of the IANA database
at: a moment of the period';
GRANT EXECUTE ON FUNCTION awgp.pool_period(bigint, text, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.accounting_day(timestamptz, text) IS 'The date under which a cost of a moment is counted, in a time zone. For reports: the limits use the same calendar, which the server''s own may not be.
at: the moment; for NULL the date is NULL
time_zone: a name of the IANA database, such as Europe/Berlin; for NULL the date is NULL
Errors: 22023 unknown_time_zone, out_of_range';
GRANT EXECUTE ON FUNCTION awgp.accounting_day(timestamptz, text) TO awgp_app;

COMMENT ON FUNCTION awgp.checked_amount(numeric, text) IS 'For AWGP itself: the amount, if it is a number or NULL.
amount: the amount
argument: its name, for the error
Errors: 22023 out_of_range for NaN and infinities';
GRANT EXECUTE ON FUNCTION awgp.checked_amount(numeric, text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.combined_raise(numeric, timestamptz, numeric, timestamptz) IS 'For AWGP itself: the temporary raise of a pool after an amount is added to it.
present: the amount of the raise so far
present_until: when it ends
amount: what is added
until: when that ends
Errors: 22023 out_of_range; 55000 raise_in_force';
GRANT EXECUTE ON FUNCTION awgp.combined_raise(numeric, timestamptz, numeric, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.reset_credit_pools(timestamptz) IS 'Begins a new period for every credit pool whose period has ended, and returns how many. A cost does not wait for this: the first cost of a period begins it too.
at: what has ended at this moment; NULL or a future moment: now
SECURITY DEFINER: maintainers see no tenant''s rows';
GRANT EXECUTE ON FUNCTION awgp.reset_credit_pools(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.expire_reservations(timestamptz) IS 'Marks the reservations that have expired, and returns how many. The limits do not wait for this: an expired reservation does not count.
at: what has expired at this moment; NULL or a future moment: now
SECURITY DEFINER: maintainers see no tenant''s rows';
GRANT EXECUTE ON FUNCTION awgp.expire_reservations(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.verify_ledger() IS 'Recomputes every balance from entries and reservations. Auditors and maintainers check all tenants, others what they may see. One row for each difference; no row means that all agree. severity is error; kind is spent_differs, held_differs, balance_differs, period_differs, not_counted or settlement_differs, and detail explains it.';
GRANT EXECUTE ON FUNCTION awgp.verify_ledger() TO awgp_app, awgp_auditor, awgp_maintainer;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.verify_ledger() SET jit = off;

COMMENT ON FUNCTION awgp.verify_due_ledger(timestamptz) IS 'What maintenance does once a day: verifies the ledger of all tenants as verify_ledger() does. Returns when it was verified last, how many differences there are, and the first of them. Until two days after one without differences the doctor verifies the periods that have not ended, and not the whole ledger.
at: whether the last verification was more than 20 hours before this moment; NULL: now
SECURITY DEFINER: maintainers see no rows of tenants';
GRANT EXECUTE ON FUNCTION awgp.verify_due_ledger(timestamptz) TO awgp_maintainer;
ALTER FUNCTION awgp.verify_due_ledger(timestamptz) SET jit = off;
