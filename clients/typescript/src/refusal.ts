// A refusal as a model is told it, in place of a tool's result.

import { AlreadyActed, ApprovalNeeded, Denied } from './errors.js';

/** What a model reads: why the tool did not run, and what to do next. */
export interface Refusal {
  readonly allowed: false;
  readonly reason: string;
  readonly message: string;
  readonly next_step: string;
  /** The request for approval that is open. */
  readonly approval_id?: string;
}

/** The refusal that an error tells; undefined for an error that is none of the model's business. */
export function refusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Denied || error instanceof AlreadyActed)) return undefined;
  const open = error instanceof ApprovalNeeded ? error.openApproval : undefined;
  return {
    allowed: false,
    reason: error.reason ?? 'denied',
    message: error.said,
    next_step: error.nextStep,
    ...(open === undefined ? {} : { approval_id: open }),
  };
}

/** Whether a tool's result is a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== 'object' || value === null) return false;
  return 'next_step' in value && 'allowed' in value && value.allowed === false;
}
