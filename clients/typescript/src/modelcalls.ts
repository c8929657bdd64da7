// A call of a model, as an action that is settled by the usage that the provider reports: what the adapters
// share.

import type { OpenAct } from './act.js';
import { AwgpError, OutcomeUnknown } from './errors.js';
import type { ActionOptions } from './governor.js';
import type { Amount } from './protocol.js';

/** What a call of a model has used, as the provider reports it. */
export interface ModelUsage {
  /** The model, as the price list names it. */
  readonly model: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** Of the tokens sent, those from the provider's cache. */
  readonly cachedTokens: number | undefined;
}

/** How the calls of a model are performed. */
export interface ModelGovernance
  extends Omit<ActionOptions, 'arguments' | 'key' | 'approval' | 'signal'> {
  /** The action, one of the assistant's capabilities; call_model if nothing is said. */
  readonly action?: string | undefined;
  /** The model, as the price list names it. */
  readonly model?: string | undefined;
  /** What a call has cost, where the price list does not know; undefined: the price list. */
  readonly cost?: ((usage: ModelUsage) => Amount | undefined) | undefined;
}

export const CALL_MODEL = 'call_model';

/** Says what a call has used; false if the provider did not tell. */
export function spend(act: OpenAct, usage: ModelUsage, { cost }: ModelGovernance): boolean {
  const costAmount = cost?.(usage);
  if (usage.inputTokens === undefined && usage.outputTokens === undefined && costAmount === undefined) return false;
  act.spent(usage.model, { ...usage, costAmount });
  return true;
}

/**
 * Ends a call that has succeeded, by its usage. What nobody can tell the cost of is unknown, and keeps its
 * money.
 */
export async function settle(act: OpenAct, usage: ModelUsage, governance: ModelGovernance): Promise<void> {
  if (!spend(act, usage, governance)) {
    await act.fail(new OutcomeUnknown('the provider did not tell what was used'));
    return;
  }
  try {
    await act.succeed();
  } catch (error) {
    if (error instanceof AwgpError && error.reason === 'unknown_price') {
      await act.fail(new OutcomeUnknown('there is no price', { cause: error }));
    }
    throw error;
  }
}
