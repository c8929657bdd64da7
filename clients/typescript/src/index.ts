/**
 * Governed actions for AI agents.
 *
 * A Governor asks AWGP before an agent acts, and reports afterwards what became of it. It has no rule of its
 * own: PostgreSQL decides, in one transaction, whether the assistant may act, whether a human has approved
 * it, and whether there is money.
 */

export { Act, OpenAct, currentAct } from './act.js';
export type { Spent } from './act.js';
export type { Approval, Begun, Finished } from './answers.js';
export {
  AlreadyActed,
  ApprovalNeeded,
  ApprovalRejected,
  ArgumentsMismatch,
  AssistantNotActive,
  AwgpError,
  CapabilityMissing,
  Denied,
  LimitReached,
  NoCreditPool,
  OutcomeUnknown,
} from './errors.js';
export type { Facts } from './errors.js';
export { governed } from './governed.js';
export type { GovernedOptions, WorkItem } from './governed.js';
export { Governor } from './governor.js';
export type { ActionOptions, GovernorOptions, Patience, Source, Who } from './governor.js';
export { isUnknown } from './outcome.js';
export type { ClientLike, PoolLike } from './pool.js';
export type { Amount, Question } from './protocol.js';
export { isRefusal, refusal } from './refusal.js';
export type { Refusal } from './refusal.js';
