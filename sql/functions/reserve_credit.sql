-- The body is the function of the same name in awgp_ext/src/money/functions.rs.
CREATE OR REPLACE FUNCTION awgp.reserve_credit(
    assistant_id uuid,
    provider text,
    amount awgp.number,
    work_item_id uuid DEFAULT NULL,
    expires_in interval DEFAULT '15 minutes',
    idempotency_key text DEFAULT NULL
) RETURNS awgp.credit_reservations
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_reserve_credit';
COMMENT ON FUNCTION awgp.reserve_credit(uuid, text, awgp.number, uuid, interval, text) IS 'Sets money aside before it is spent, and returns the reservation. It is held only if it fits every limit. Unlike record_cost() it needs a pool.
assistant_id: an active assistant
provider: a provider for which the tenant has a pool, compared exactly
amount: above zero
work_item_id: what it is for; NULL: no work item
expires_in: how long it is held, at most 31 days
idempotency_key: idempotency key of the caller, 1 to 200 characters, unique in the tenant: the same reservation under the same key is one row, which is returned. NULL: every call is a new reservation
User role: operator
Errors: 53400 budget_exceeded; P0002 no_credit_pool; 55000 stopped, assistant_not_active; 22023 idempotency_conflict, out_of_range; 42501 no_tenant_context, role_not_sufficient; 23502 for NULL in assistant_id, provider or amount; 23503 unknown_reference, credit_reservations_work_item_id_fkey; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.reserve_credit(uuid, text, awgp.number, uuid, interval, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reserve_credit(uuid, text, awgp.number, uuid, interval, text) TO awgp_app;
