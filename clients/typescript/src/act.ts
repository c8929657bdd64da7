// An action that is being performed.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Begun, Finished } from './answers.js';
import { exact } from './protocol.js';
import type { Amount, Report } from './protocol.js';

/** What an action has spent: tokens, from which the price list computes the amount, or the amount itself. */
export interface Spent {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Of the tokens sent, those that the provider had in its cache, as it counts them. */
  readonly cachedTokens?: number | undefined;
  readonly costAmount?: Amount | undefined;
}

/**
 * An action that is being performed. Say what it cost and what came of it; the end of the body reports it.
 */
export class Act {
  readonly begun: Begun;
  /** The caller's signal, to hand on to what the action does. */
  readonly signal: AbortSignal | undefined;
  /** What finish_action() has answered, once the action has ended. */
  finished: Finished | undefined;
  /** What has been told so far. */
  protected readonly report: Report = { outcome: 'succeeded' };

  constructor(begun: Begun, signal?: AbortSignal) {
    this.begun = begun;
    this.signal = signal;
  }

  /** The id of the action. */
  get id(): string {
    return this.begun.actionId;
  }

  /** Says what it cost. */
  spent(model: string, spent: Spent = {}): void {
    exact(spent.costAmount, 'costAmount');
    Object.assign(this.report, {
      model,
      inputTokens: spent.inputTokens,
      outputTokens: spent.outputTokens,
      cachedTokens: spent.cachedTokens,
      costAmount: spent.costAmount,
    });
  }

  /** Keeps what came of it, a JSON value of at most 64 KiB: facts, not content. */
  result(value: unknown): void {
    this.report.result = value;
  }
}

/** How an action is reported, and what its errors mean. */
export interface Ending {
  report(report: Report): Promise<Finished>;
  isUnknown(error: unknown): boolean;
}

/**
 * An action whose end is no function's end, such as a stream's. Call succeed() or fail() when it is over; the
 * first report that arrives counts.
 */
export class OpenAct extends Act {
  readonly #ending: Ending;
  #end: Promise<Finished> | undefined;

  constructor(begun: Begun, ending: Ending, signal?: AbortSignal) {
    super(begun, signal);
    this.#ending = ending;
  }

  /** Reports that it has happened. */
  succeed(): Promise<Finished> {
    return this.#over('succeeded');
  }

  /** Reports that it has failed; or that nobody knows, after an error that says so, or an abort. */
  fail(error: unknown): Promise<Finished> {
    return this.#over(this.signal?.aborted || this.#ending.isUnknown(error) ? 'unknown' : 'failed');
  }

  #over(outcome: Report['outcome']): Promise<Finished> {
    this.#end ??= this.#reported({ ...this.report, outcome });
    return this.#end;
  }

  async #reported(report: Report): Promise<Finished> {
    try {
      this.finished = await this.#ending.report(report);
      return this.finished;
    } catch (error) {
      // What did not arrive may be said again.
      this.#end = undefined;
      throw error;
    }
  }
}

const current = new AsyncLocalStorage<Act>();

/** The action that is being performed here; undefined outside of one. */
export function currentAct(): Act | undefined {
  return current.getStore();
}

/** Runs something within an action. */
export function within<T>(act: Act, body: () => T): T {
  return current.run(act, body);
}
