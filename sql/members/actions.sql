-- Governed actions.

COMMENT ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text) IS 'The one call before an assistant acts. It checks that the work item''s assistant is active and has the capability, and that the item is in progress or may start, its approval included. It sets the estimated cost aside, starts the item, records the action, and returns {allowed, reason, action_id, status, reservation_id, hint, …}. A denial is returned with reason, message, hint and facts, and leaves only its audit record.
work_item_id: the work item
action: one of the assistant''s capabilities
provider: who will be paid; empty where nothing is set aside
estimated_cost: what is set aside, in the currency of the pool; empty for nothing
expires_in: how long it may take; after that it counts as abandoned
idempotency_key: the caller''s name for the call; the same call under the same key of one work item is one action, whose state is returned
Errors: P0002 unknown_work_item; 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range, idempotency_conflict';
GRANT EXECUTE ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text) TO awgp_app;

COMMENT ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb) IS 'The one call after an assistant has acted. It ends the action, settles what it cost or gives back what was set aside, and returns {action_id, status, repeated, late, cost_transaction_id, cost_amount, overrun}. The same call again returns the same answer.
action_id: what begin_action() returned
outcome: succeeded, failed or abandoned
model: the model that was called, as its provider names it; empty where nothing was spent
input_tokens: tokens sent
output_tokens: tokens received
cost_amount: what it cost, in the currency of the pool; empty: computed by the price list
result: what came of it, at most 64 KiB; kept in the row and not in the trail
Errors: P0002 unknown_action; 55000 illegal_transition, action_finished; 42501 no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range; those of settle_credit()';
GRANT EXECUTE ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.abandon_actions(timestamptz) IS 'Marks as abandoned the actions whose time is over and that nobody has finished, and returns how many. Their reservations expire by themselves, and finish_action() still records a cost that comes late.
at: the moment to look at; now where it is empty or in the future
SECURITY DEFINER: maintainers have no grant on the table';
GRANT EXECUTE ON FUNCTION awgp.abandon_actions(timestamptz) TO awgp_maintainer;
