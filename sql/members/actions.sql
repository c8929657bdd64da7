-- Governed actions.

COMMENT ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text, jsonb, uuid) IS 'The one call before an assistant acts. Commit it before you act. It checks that the work item''s assistant is active and has the capability, and that the item is in progress or may start, its approval included. It sets the estimated cost aside, starts the item, records the action, and returns the answer as a JSON object with allowed, reason, hint, action_id, work_item_id and assistant_id; if allowed, also status, expires_at and reservation_id; if denied, also message and facts. A denial is returned, not raised, and leaves only its audit record and a line in the server''s log. docs/actions.md explains every key.
work_item_id: the work item
action: one of the assistant''s capabilities, 1 to 200 bytes
provider: the provider who will be paid; NULL: none, and then estimated_cost is NULL or 0
estimated_cost: what is set aside; NULL or 0: nothing
expires_in: how long it may take, at most 31 days; after that nobody knows whether it happened. NULL is refused
idempotency_key: idempotency key of the caller, 1 to 200 characters, unique in the work item: the same call under the same key returns the same action and its status. NULL: every call is a new action
arguments: what the action is called with, at most 1 MiB of JSON. Their digest (SHA-256 of the canonical form, RFC 8785) is on the action and in the trail, and they are not. If a human was asked about this action with these arguments, it begins only if they approve, once. A number that no IEEE 754 double is exactly is refused: pass it as a text. NULL: none are told
approval_id: the approval of this action under which alone it may begin; NULL: any that fits, or none where none is needed
User role: operator
Errors: P0002 unknown_work_item, unknown_approval; 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range, idempotency_conflict';
GRANT EXECUTE ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text, jsonb, uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb, boolean) IS 'The one call after an assistant has acted. Commit it. It ends the action, settles what it cost or gives back what was set aside, and returns {action_id, work_item_id, status, repeated, late, cost_transaction_id, cost_amount, overrun}. repeated: the same was reported before, and nothing changed. late: the action had been abandoned before. The same call again returns the same answer.
action_id: what begin_action() returned
outcome: succeeded, failed, abandoned, or unknown if it cannot be told whether the action happened: the money stays held, and reconcile_action() ends it
model: the model that was called, as its provider names it; NULL: nothing was spent
input_tokens: tokens sent, as the provider reports them. There is no argument for tokens from the provider''s cache: if it has any, pass cost_amount
output_tokens: tokens received
cost_amount: what it cost; NULL: computed by the price list
result: what came of it, at most 64 KiB of JSON; kept in the row and not in the trail. NULL: nothing
receipt: true: the answer has receipt, the place of the event in the trail: {tenant_id, audit_id, chain_lane, chain_seq, integrity_hash}. It holds once the transaction has committed; until then the transaction holds its lane of the trail, so commit at once. false or NULL: action_receipt() tells the place after the commit
User role: operator
Errors: P0002 unknown_action, unknown_price; 55000 illegal_transition if another outcome was reported, action_finished if the same outcome was reported with another report; 42501 no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb, boolean) TO awgp_app;

COMMENT ON FUNCTION awgp.reconcile_action(uuid, text, text, text, bigint, bigint, awgp.number, jsonb, boolean) IS 'A person says what became of an action whose outcome is unknown, and how they know. It ends the action, settles what it cost or gives back what was set aside, and returns what finish_action() returns. The reason is in the trail, as action.reconciled.
action_id: the action
outcome: succeeded, failed or abandoned
reason: how it is known, a text that is not blank
model: the model that was called, as its provider names it; NULL: nothing was spent
input_tokens: tokens sent, as the provider reports them
output_tokens: tokens received
cost_amount: what it cost; NULL: computed by the price list
result: what came of it, at most 64 KiB of JSON; kept in the row and not in the trail. NULL: nothing
receipt: true: the answer has receipt, the place of the event in the trail: {tenant_id, audit_id, chain_lane, chain_seq, integrity_hash}. It holds once the transaction has committed; until then the transaction holds its lane of the trail, so commit at once. false or NULL: action_receipt() tells the place after the commit
User role: operator
Errors: P0002 unknown_action, unknown_price; 55000 action_not_unknown; 42501 no_tenant_context, no_user_context, role_not_sufficient; 22023 out_of_range, reason_required';
GRANT EXECUTE ON FUNCTION awgp.reconcile_action(uuid, text, text, text, bigint, bigint, awgp.number, jsonb, boolean) TO awgp_app;

COMMENT ON FUNCTION awgp.abandon_actions(timestamptz) IS 'Of the actions that nobody has finished: marks those whose time is over as unknown, and those as abandoned that have been unknown for as long as the tenant''s setting action_policy.unknown_for_seconds says. Returns how many. Their reservations expire by themselves, and finish_action() still records a cost that comes late.
at: what has expired at this moment; NULL or a future moment: now
SECURITY DEFINER: maintainers have no grant on the table';
GRANT EXECUTE ON FUNCTION awgp.abandon_actions(timestamptz) TO awgp_maintainer;
