-- Money.

COMMENT ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) IS 'What a call costs by the price in force at that moment, exact to six decimals, half up. provider; model: as its provider calls it; input_tokens: sent, those from the cache included; output_tokens: received; cached_tokens: of those sent, the ones that the provider had in its cache; at: default now. Errors: P0002 unknown_price; 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.pool_period(bigint, text, timestamptz) IS 'When the period of a pool that holds a moment begins, and when it ends. reset_day: 1 to 31; time_zone: of the IANA database; at. For the view budget_status.';
GRANT EXECUTE ON FUNCTION awgp.pool_period(bigint, text, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.accounting_day(timestamptz, text) IS 'The day of a time zone that a moment counts in, by the same rules as the limits. at; time_zone: of the IANA database. For the views. Errors (22023): unknown_time_zone, out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.accounting_day(timestamptz, text) TO awgp_app;

COMMENT ON FUNCTION awgp.checked_amount(numeric, text) IS 'The amount itself, where it is a number, or NULL; for functions that take one. Error 22023 out_of_range for NaN and infinities. argument: its name.';
GRANT EXECUTE ON FUNCTION awgp.checked_amount(numeric, text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.reset_credit_pools(timestamptz) IS 'Begins a new period for every credit pool whose own has ended by at (default: now), and returns for how many. Costs do not wait for it: the first of a period begins it. SECURITY DEFINER: maintainers see no tenant''s rows.';
GRANT EXECUTE ON FUNCTION awgp.reset_credit_pools(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.expire_reservations(timestamptz) IS 'Marks the reservations that have expired by at (default: now), and returns how many. Limits do not wait for it: what has expired does not count. SECURITY DEFINER: maintainers see no tenant''s rows.';
GRANT EXECUTE ON FUNCTION awgp.expire_reservations(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.verify_ledger() IS 'Recomputes every balance from the entries and reservations that the caller may see, for auditors and maintainers from all: a row a difference with severity, kind, tenant and the row it is about; no row means that all agree.';
GRANT EXECUTE ON FUNCTION awgp.verify_ledger() TO awgp_app, awgp_auditor, awgp_maintainer;
