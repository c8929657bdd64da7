-- The body is the function of the same name in awgp_ext/src/money/functions.rs.
CREATE OR REPLACE FUNCTION awgp.settle_credit(
    reservation_id uuid,
    model text,
    input_tokens bigint DEFAULT 0,
    output_tokens bigint DEFAULT 0,
    cost_amount awgp.number DEFAULT NULL,
    metadata jsonb DEFAULT '{}'
) RETURNS awgp.cost_transactions
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_settle_credit';
COMMENT ON FUNCTION awgp.settle_credit(uuid, text, bigint, bigint, awgp.number, jsonb) IS 'Records the actual cost of a reserved call, in the periods of the reservation, frees what was held, and returns the entry. More than was held, more than a limit allows, and a cost after the reservation has expired are recorded too; overrun says if it was too much. A second call is refused with reservation_resolved: after a lost answer, look for the entry with this reservation_id in cost_transactions.
reservation_id: the reservation
model: the model, as its provider names it
input_tokens: tokens sent, as the provider reports them: see estimate_cost()
output_tokens: tokens received
cost_amount: what it cost; NULL: computed by the price list
metadata: what else is known of the call, a JSON object. cached_tokens: how many tokens were from the provider''s cache
User role: operator
Errors: P0002 unknown_reservation, unknown_price; 55000 reservation_resolved; 22023 out_of_range; 42501 no_tenant_context, role_not_sufficient; 23502 for NULL in model';
REVOKE ALL ON FUNCTION awgp.settle_credit(uuid, text, bigint, bigint, awgp.number, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.settle_credit(uuid, text, bigint, bigint, awgp.number, jsonb) TO awgp_app;
