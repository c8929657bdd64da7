-- Governed actions.

COMMENT ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text) IS 'The one call before an assistant acts. Commit it before you act. It checks that the work item''s assistant is active and has the capability, and that the item is in progress or may start, its approval included. It sets the estimated cost aside, starts the item, records the action, and returns the answer as a JSON object with allowed, reason, hint, action_id, work_item_id and assistant_id; if allowed, also status, expires_at and reservation_id; if denied, also message and facts. A denial is returned, not raised, and leaves only its audit record and a line in the server''s log. docs/actions.md explains every key.
work_item_id: the work item
action: one of the assistant''s capabilities, 1 to 200 bytes
provider: the provider who will be paid; NULL: none, and then estimated_cost is NULL or 0
estimated_cost: what is set aside; NULL or 0: nothing
expires_in: how long it may take, at most 31 days; after that it counts as abandoned. NULL is refused
idempotency_key: idempotency key of the caller, 1 to 200 characters, unique in the work item: the same call under the same key returns the same action and its status. NULL: every call is a new action
User role: operator
Errors: P0002 unknown_work_item; 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range, idempotency_conflict';
GRANT EXECUTE ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text) TO awgp_app;

COMMENT ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb) IS 'The one call after an assistant has acted. Commit it. It ends the action, settles what it cost or gives back what was set aside, and returns {action_id, work_item_id, status, repeated, late, cost_transaction_id, cost_amount, overrun}. repeated: the same was reported before, and nothing changed. late: the action had been abandoned before. The same call again returns the same answer.
action_id: what begin_action() returned
outcome: succeeded, failed or abandoned
model: the model that was called, as its provider names it; NULL: nothing was spent
input_tokens: tokens sent, as the provider reports them. There is no argument for tokens from the provider''s cache: if it has any, pass cost_amount
output_tokens: tokens received
cost_amount: what it cost; NULL: computed by the price list
result: what came of it, at most 64 KiB of JSON; kept in the row and not in the trail. NULL: nothing
User role: operator
Errors: P0002 unknown_action, unknown_price; 55000 illegal_transition if another outcome was reported, action_finished if the same outcome was reported with another report; 42501 no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.abandon_actions(timestamptz) IS 'Marks as abandoned the actions whose time is over and that nobody has finished, and returns how many. Their reservations expire by themselves, and finish_action() still records a cost that comes late.
at: what has expired at this moment; NULL or a future moment: now
SECURITY DEFINER: maintainers have no grant on the table';
GRANT EXECUTE ON FUNCTION awgp.abandon_actions(timestamptz) TO awgp_maintainer;
