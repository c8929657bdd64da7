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
COMMENT ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) IS 'Records a cost of the tenant in context, and returns the entry. It is recorded only if it fits the pool, the tenant''s month, the assistant''s day and the holding''s month. Without a pool for the provider it counts towards the other three.
assistant_id: the assistant that spent it
provider: the provider who is paid, compared exactly
model: the model, as its provider names it
input_tokens: tokens sent, as the provider reports them: see estimate_cost()
output_tokens: tokens received
cost_amount: what it cost; NULL: computed by the price list
work_item_id: what it was spent on; NULL: no work item
metadata: what else is known of the call, a JSON object. cached_tokens: how many tokens were from the provider''s cache. incurred: true means that the money is already spent; the cost is then recorded even over a limit
idempotency_key: idempotency key of the caller, 1 to 200 characters, unique in the tenant: the same cost under the same key is one entry, which is returned. NULL: every call is a new entry
User role: operator
Errors: 53400 budget_exceeded; P0002 unknown_price; 22023 idempotency_conflict, out_of_range; 42501 no_tenant_context, role_not_sufficient; 23502 for NULL in assistant_id, provider or model; 23503 cost_transactions_assistant_id_fkey, cost_transactions_work_item_id_fkey; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) TO awgp_app;
