// What AWGP refuses, by its reason. docs/errors.md of AWGP lists every reason.

import { nextStep } from './nextsteps.js';

/** What is the case, such as an id or a limit. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * AWGP has refused something. `reason` is stable and meant to be compared; the message is for people. `hint`
 * is the next thing to do for a program, often a statement of SQL; `nextStep` says it in words, for a model
 * or a person.
 */
export class AwgpError extends Error {
  /** The stable reason; undefined where AWGP names none. */
  readonly reason: string | undefined;
  /** What a program does next. */
  readonly hint: string;
  /** What to do next in words, without SQL. */
  readonly nextStep: string;
  readonly facts: Facts;
  /** The message without reason and hint. */
  readonly said: string;

  constructor(said: string, reason?: string, hint = '', facts: Facts = {}, options?: ErrorOptions) {
    const next = nextStep(reason, hint);
    super(said + (reason ? ` (${reason})` : '') + (next ? `. ${next}` : ''), options);
    this.name = new.target.name;
    this.said = said;
    this.reason = reason;
    this.hint = hint;
    this.nextStep = next;
    this.facts = facts;
  }
}

/** The action is denied. Do not act. `nextStep` says what would help. */
export class Denied extends AwgpError {}

/**
 * A human has to approve, and has not: nobody was asked, nobody has decided, or an approval no longer fits.
 */
export class ApprovalNeeded extends Denied {
  /** The request that nobody has decided yet; undefined where humans have to be asked first. */
  get openApproval(): string | undefined {
    const id = this.facts['approval_id'];
    return this.reason === 'approval_pending' && typeof id === 'string' ? id : undefined;
  }
}

/** A human has rejected the action. */
export class ApprovalRejected extends Denied {}

/** The approval is for another action or for other arguments. */
export class ArgumentsMismatch extends Denied {}

/** A budget or another limit is reached. */
export class LimitReached extends Denied {}

/** The tenant has no credit pool for this provider. */
export class NoCreditPool extends Denied {}

/** The assistant does not have this capability. */
export class CapabilityMissing extends Denied {}

/** The assistant is suspended, retired or not active yet. */
export class AssistantNotActive extends Denied {}

/**
 * The action under this key was performed or given up before. Do not act again. `status` says what became of
 * it.
 */
export class AlreadyActed extends AwgpError {
  readonly status: string;
  readonly actionId: string;

  constructor(status: string, actionId: string, hint: string) {
    super(`the action ${actionId} is ${status}`, 'already_acted', hint, { action_id: actionId });
    this.status = status;
    this.actionId = actionId;
  }
}

/**
 * Throw it, or a subclass, in the body of an action if it cannot be told whether the action happened: it is
 * reported as unknown, and its money stays held until a person says what became of it.
 */
export class OutcomeUnknown extends Error {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

const KINDS: Readonly<Record<string, typeof Denied>> = {
  approval_required: ApprovalNeeded,
  approval_pending: ApprovalNeeded,
  approval_expired: ApprovalNeeded,
  approval_used: ApprovalNeeded,
  digest_mismatch: ApprovalNeeded,
  approval_rejected: ApprovalRejected,
  arguments_mismatch: ArgumentsMismatch,
  budget_exceeded: LimitReached,
  no_credit_pool: NoCreditPool,
  capability_missing: CapabilityMissing,
  assistant_inactive: AssistantNotActive,
  assistant_suspended: AssistantNotActive,
  assistant_error: AssistantNotActive,
  stopped: AssistantNotActive,
};

/** A denial that begin_action() has answered. */
export interface Denial {
  readonly allowed: false;
  readonly reason: string;
  readonly message?: string;
  readonly hint?: string;
  readonly facts?: Facts;
}

/** The error for a denial. */
export function denied(answer: Denial): Denied {
  const Kind = KINDS[answer.reason] ?? Denied;
  return new Kind(answer.message ?? answer.reason, answer.reason, answer.hint, answer.facts);
}

/** The fields that node-postgres gives an error of the server. */
interface ServerError extends Error {
  readonly severity: string;
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Whether the server itself has said so; errors of the connection have no severity. */
export function isOfServer(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && typeof error.severity === 'string';
}

/** An error that AWGP has raised, by its reason; any other error as it is. */
export function explained(error: unknown): unknown {
  if (!isOfServer(error) || !error.detail?.startsWith('{')) return error;
  let detail: Record<string, unknown>;
  try {
    detail = JSON.parse(error.detail) as Record<string, unknown>;
  } catch {
    return error;
  }
  const { reason, ...facts } = detail;
  if (typeof reason !== 'string') return error;
  const Kind = KINDS[reason] ?? AwgpError;
  return new Kind(error.message, reason, error.hint ?? '', facts, { cause: error });
}
