-- Numbers for monitoring, and the report for people.

COMMENT ON FUNCTION awgp.metrics(bigint, boolean) IS 'Numbers of all tenants for monitoring, and no row of any: one row for each number, with name, unit (NULL: none), help, labels and value. It sums no ledger and reads no month of the trail, so it can be called every few seconds. It reads with the rights of the extension''s owner, because awgp_monitor has a grant on no table and no view. docs/operations/monitoring.md lists the numbers.
pools: how many pools have numbers of their own, 0 to 1000: those with the largest budgets. All others are added up, with (others) as tenant and provider. NULL is refused
findings: false leaves out the findings of the doctor, which take the longest. NULL is refused
Errors: 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.metrics(bigint, boolean) TO awgp_monitor;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.metrics(bigint, boolean) SET jit = off;

COMMENT ON FUNCTION awgp.report(text, uuid) IS 'A month as one document, for managers and auditors: an object with the period, the tenants, and the arrays burn, spenders, pools, approvals, actions, quality and integrity. docs/reports.md explains them. It is about the tenant in context and, if that is a holding, its subsidiaries; for an auditor without a tenant in context it is about all, and an auditor reads with the rights of the extension''s owner. Amounts are texts with every decimal; times are in the tenant''s time zone.
month: the month, such as 2026-03; NULL: the current one
tenant_id: only this tenant and its subsidiaries; NULL: all that the caller may report on
Errors: 22023 out_of_range; 42501 no_tenant_context, unknown_tenant';
GRANT EXECUTE ON FUNCTION awgp.report(text, uuid) TO awgp_app, awgp_auditor;
ALTER FUNCTION awgp.report(text, uuid) SET jit = off;
