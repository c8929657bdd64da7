-- Money.

COMMENT ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) IS 'What a call costs by the price in force at a moment, rounded half up to six decimals, in the currency of the price list.
provider: whose model it is
model: the model, as its provider names it
input_tokens: tokens sent, those from the provider''s cache included
output_tokens: tokens received
cached_tokens: how many of the tokens sent were in the provider''s cache
at: the moment; now where it is empty
Errors: P0002 unknown_price; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.pool_period(bigint, text, timestamptz) IS 'For AWGP itself, in the view budget_status: the first moment of a pool''s period, and the first moment after it.
reset_day: 1 to 31
time_zone: a name of the IANA database
at: a moment of the period';
GRANT EXECUTE ON FUNCTION awgp.pool_period(bigint, text, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.accounting_day(timestamptz, text) IS 'For AWGP itself, in the views: the day of a time zone in which a moment counts, by the same rules as the limits.
at: the moment
time_zone: a name of the IANA database
Errors: 22023 unknown_time_zone, out_of_range';
GRANT EXECUTE ON FUNCTION awgp.accounting_day(timestamptz, text) TO awgp_app;

COMMENT ON FUNCTION awgp.checked_amount(numeric, text) IS 'For AWGP itself: the amount, where it is a number or NULL.
amount: the amount
argument: its name, for the error
Errors: 22023 out_of_range for NaN and infinities';
GRANT EXECUTE ON FUNCTION awgp.checked_amount(numeric, text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.reset_credit_pools(timestamptz) IS 'Begins a new period for every credit pool whose period has ended, and returns how many. A cost does not wait for this: the first cost of a period begins it too.
at: the moment to look at; now where it is empty
SECURITY DEFINER: maintainers see no tenant''s rows';
GRANT EXECUTE ON FUNCTION awgp.reset_credit_pools(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.expire_reservations(timestamptz) IS 'Marks the reservations that have expired, and returns how many. The limits do not wait for this: an expired reservation does not count.
at: the moment to look at; now where it is empty
SECURITY DEFINER: maintainers see no tenant''s rows';
GRANT EXECUTE ON FUNCTION awgp.expire_reservations(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.verify_ledger() IS 'Computes every balance again from entries and reservations, for auditors and maintainers of every tenant, else those that the caller may see: one row a difference, with severity, kind, tenant and the row it is about. No row means that all of them agree.';
GRANT EXECUTE ON FUNCTION awgp.verify_ledger() TO awgp_app, awgp_auditor, awgp_maintainer;
