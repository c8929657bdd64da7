// What a model does next after a refusal, by its reason. What the database hints at is SQL, for programs.
//
// The package for Python has the same table, word for word; a test holds them equal.

const NEXT_STEPS: Readonly<Record<string, string>> = {
  unknown_work_item: 'There is no such work item. Check its id, or ask the person who gave it to you.',
  not_own_work: 'The work item belongs to another assistant. Do nothing for it, and tell a person.',
  unknown_approval: 'There is no such approval. Check its id, or ask for a new one.',
  unknown_action: 'There is no such action. Check its id.',
  unknown_assistant: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  approval_required: 'A person has to approve it first. Ask for approval, and do it when they have approved.',
  approval_pending: 'A person has been asked. Do other work, and do exactly the same again when they approve.',
  approval_rejected: 'A person has said no. Do not do it in another way: do something else, or ask them.',
  approval_expired: 'That approval counts no more. Ask for approval again.',
  approval_used: 'That approval counts no more. Ask for approval again.',
  digest_mismatch: 'That approval counts no more. Ask for approval again.',
  arguments_mismatch: 'Other arguments are approved. Use exactly those, or ask for approval of yours.',
  assistant_inactive: 'You may begin nothing until a manager sets you active again. Stop, and tell a person.',
  assistant_suspended: 'You may begin nothing until a manager sets you active again. Stop, and tell a person.',
  assistant_error: 'You may begin nothing until a manager sets you active again. Stop, and tell a person.',
  assistant_not_active: 'You may begin nothing until a manager sets you active again. Stop, and tell a person.',
  stopped: 'A person has stopped everything here. Stop, and tell a person; go on when somebody resumes.',
  capability_missing: 'You may not do this. Do without it, or tell a person that a manager has to allow it.',
  illegal_transition: 'The work item has ended, so nothing more is done for it. Stop, and tell a person.',
  budget_exceeded: 'The money does not suffice. Do something cheaper, wait for the next period, or tell a person.',
  no_credit_pool: 'There is no money for this provider. Tell a person that an admin has to make a pool for it.',
  idempotency_conflict: 'This key belongs to another call. Use a new key, or repeat the first call exactly.',
  already_acted: 'It was done or given up before. Do not do it again.',
  action_finished: 'The action was reported before, and that report counts. Report it no more.',
  unknown_price: 'No price is known for this model. Give the amount itself, or check its name.',
  out_of_range: 'Correct the arguments, and try again.',
  json_unsupported: 'Write U+0000, half of a surrogate pair or a very long number in another way, such as a text.',
  role_not_sufficient: 'The user of this program may not do this. Tell a person.',
  no_user_context: 'The user of this program may not do this. Tell a person.',
  requester_not_user: 'The user of this program may not do this. Tell a person.',
  human_needed: 'The user of this program may not do this. Tell a person.',
  assistant_decides: 'The user of this program may not do this. Tell a person.',
  no_tenant_context: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  malformed_tenant_id: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  signed_mode: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  unknown_tenant: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  tenant_inactive: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  unknown_user: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  user_inactive: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  trail_busy: 'Nothing was done. Try again.',
  tenant_moving: 'Nothing was done. Try again.',
  tenant_moved: 'This program cannot work as it is set up. Tell a person; trying again does not help.',
  action_not_unknown: 'It is known what became of the action. Report nothing more of it.',
  reason_required: 'Say why, and try again.',
  unknown_reference: 'An id names nothing. Check the ids that you passed.',
  tool_failed: 'The tool was called and has failed. Say so, or try something else.',
  outcome_unknown: 'Do not call it again: a person finds out what happened.',
};
/** After a reason that begins with token_. */
const TOKEN = 'The access token is not accepted. Tell the person who runs this program.';
/** Where nothing better is known. */
const OTHERWISE = 'Nothing that you can do helps. Tell a person what you wanted, and what the reason is.';
/** What a hint has that cannot be followed in words alone. */
const CODE = ['awgp', 'SELECT', 'UPDATE', 'ALTER', 'INSERT', 'settings.', 'metadata', '--', '`'];

/** What helps after a refusal, in words. */
export function nextStep(reason: string | undefined, hint: string): string {
  const told = CODE.some((code) => hint.includes(code)) ? '' : hint;
  if (reason === undefined) return told;
  const known = reason.startsWith('token_') ? TOKEN : (NEXT_STEPS[reason] ?? '');
  // Of an argument the database says what it has to be like.
  return (reason === 'out_of_range' ? told || known : known || told) || OTHERWISE;
}
