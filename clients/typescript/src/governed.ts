// A function that is an action.

import type { ActionOptions, Governor } from './governor.js';

/** A work item, or what tells the work item of the moment. */
export type WorkItem = string | (() => string | Promise<string>);

export async function itemOf(workItem: WorkItem): Promise<string> {
  return typeof workItem === 'string' ? workItem : workItem();
}

/** How the calls of a function are performed. */
export interface GovernedOptions<A extends unknown[]> extends Omit<ActionOptions, 'arguments' | 'key' | 'approval'> {
  /** The action; the name of the function if nothing is said. */
  readonly action?: string | undefined;
  /**
   * The arguments of the action, from those of the call. If nothing is said: the one object, or a list of
   * all.
   */
  readonly arguments?: ((...args: A) => unknown) | undefined;
  /** The key of a call, under which it happens once. */
  readonly key?: ((...args: A) => string) | undefined;
}

/**
 * Lets each call of a function be an action of the assistant: it runs only if it is allowed. Within the
 * function currentAct() is the action, to say what it cost.
 */
export function governed<This, A extends unknown[], R>(
  governor: Governor,
  workItem: WorkItem,
  options: GovernedOptions<A>,
  body: (this: This, ...args: A) => R | Promise<R>,
): (this: This, ...args: A) => Promise<R> {
  const { action, arguments: tell, key, ...rest } = options;
  const name = action ?? body.name;
  if (!name) throw new TypeError('a function without a name: say which action it is');
  return async function call(this: This, ...args: A): Promise<R> {
    const one = { ...rest, arguments: tell ? tell(...args) : named(args), key: key?.(...args) };
    return governor.action<R>(await itemOf(workItem), name, one, async () => body.apply(this, args));
  };
}

/** JavaScript does not tell the names of parameters: one object has names, anything else is a list. */
function named(args: readonly unknown[]): unknown {
  const [only] = args;
  if (args.length !== 1 || typeof only !== 'object' || only === null) return args;
  const prototype: unknown = Object.getPrototypeOf(only);
  return prototype === Object.prototype || prototype === null ? only : args;
}
