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
COMMENT ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) IS 'Records a cost of the tenant in context, and returns the entry. It must fit the pool, the tenant''s month, the assistant''s day and its holding''s month, or nothing is recorded. assistant_id; provider; model; input_tokens; output_tokens; cost_amount: computed by the price list where it is empty; work_item_id; metadata: a JSON object, with incurred: true for money that is spent already, which is recorded over a limit too; idempotency_key: the same cost under the same key is one entry, which is returned. Errors: 53400 budget_exceeded; P0002 unknown_price; 22023 idempotency_conflict, out_of_range; 42501 no_tenant_context; 23503 no such assistant or work item in the tenant.';
REVOKE ALL ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.record_cost(uuid, text, text, bigint, bigint, awgp.number, uuid, jsonb, text) TO awgp_app;
