-- The body is the function of the same name in awgp_ext/src/money/functions.rs.
CREATE OR REPLACE FUNCTION awgp.record_cost(
    assistant_id uuid,
    provider text,
    model text,
    input_tokens bigint DEFAULT 0,
    output_tokens bigint DEFAULT 0,
    cost_amount awgp.number DEFAULT NULL,
    work_item_id uuid DEFAULT NULL,
    metadata jsonb DEFAULT '{}',
    idempotency_key text DEFAULT NULL
) RETURNS awgp.cost_transactions
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_record_cost';
COMMENT ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) IS 'Records a cost of the tenant in context, and returns the entry. A cost is recorded where it fits the pool, the tenant''s month, the assistant''s day and the holding''s month.
assistant_id: the assistant that spent it
provider: who is paid
model: the model, as its provider names it
input_tokens: tokens sent
output_tokens: tokens received
cost_amount: in the currency of the pool; empty: computed by the price list
work_item_id: what it was spent on
metadata: a JSON object; incurred: true says that the money is spent already, and is recorded over a limit too
idempotency_key: the caller''s name for the cost; the same cost under the same key is one entry, which is returned
Errors: 53400 budget_exceeded; P0002 unknown_price; 22023 idempotency_conflict, out_of_range; 42501 no_tenant_context; 23503 no such assistant or work item in the tenant';
REVOKE ALL ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) TO awgp_app;
