-- The body is the function of the same name in awgp_ext/src/money/functions.rs.
CREATE OR REPLACE FUNCTION awgp.reverse_cost(
    transaction_id uuid,
    reason text DEFAULT NULL
) RETURNS awgp.cost_transactions
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_reverse_cost';
COMMENT ON FUNCTION awgp.reverse_cost(uuid, text) IS 'Corrects an entry of the ledger by an entry that takes all of it back, in the same periods, and returns the new one. The new entry has no tokens, and the reversed one keeps its own: cost_by leaves both out.
transaction_id: the entry
reason: why; kept in the metadata
User role: operator
Errors: P0002 unknown_transaction; 55000 not_reversible; 42501 no_tenant_context, role_not_sufficient';
REVOKE ALL ON FUNCTION awgp.reverse_cost(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reverse_cost(uuid, text) TO awgp_app;
