// A tool that a model calls, as an action: what the adapters share.

import type { OpenAct } from './act.js';
import { itemOf } from './governed.js';
import type { WorkItem } from './governed.js';
import type { ActionOptions, Governor } from './governor.js';
import { refusal } from './refusal.js';
import type { Refusal } from './refusal.js';

/** A call of a tool, as the model made it. */
export interface ToolCall {
  readonly name: string;
  readonly id: string | undefined;
  readonly input: unknown;
}

/** How the calls of a tool are performed. */
export interface ToolGovernance extends Omit<ActionOptions, 'arguments' | 'key' | 'approval' | 'signal'> {
  /** The action, one of the assistant's capabilities; the name of the tool if nothing is said. */
  readonly action?: string | undefined;
  /** The key of a call, under which it happens once; the id of the call if nothing is said. */
  readonly key?: ((call: ToolCall) => string | undefined) | undefined;
}

/** The options of an action for a call of a tool, and its name. */
function meant(
  { action, key, ...rest }: ToolGovernance,
  call: ToolCall,
  signal: AbortSignal | undefined,
): { action: string; options: ActionOptions } {
  const named = key === undefined ? call.id : key(call);
  return { action: action ?? call.name, options: { ...rest, arguments: call.input, key: named, signal } };
}

/** Performs a call of a tool; a denial is its result. */
export async function perform<T>(
  governor: Governor,
  workItem: WorkItem,
  governance: ToolGovernance,
  call: ToolCall,
  signal: AbortSignal | undefined,
  body: () => T | Promise<T>,
): Promise<T | Refusal> {
  const { action, options } = meant(governance, call, signal);
  try {
    return await governor.action(await itemOf(workItem), action, options, body);
  } catch (error) {
    const told = refusal(error);
    if (told === undefined) throw error;
    return told;
  }
}

/** Begins a call of a tool that ends later; a denial is its result. */
export async function opened(
  governor: Governor,
  workItem: WorkItem,
  governance: ToolGovernance,
  call: ToolCall,
  signal: AbortSignal | undefined,
): Promise<OpenAct | Refusal> {
  const { action, options } = meant(governance, call, signal);
  try {
    return await governor.open(await itemOf(workItem), action, options);
  } catch (error) {
    const told = refusal(error);
    if (told === undefined) throw error;
    return told;
  }
}
