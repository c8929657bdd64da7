// The governor: asks AWGP before an assistant acts, and reports afterwards.

import { OpenAct, within } from './act.js';
import type { Act } from './act.js';
import type { Approval, Begun } from './answers.js';
import { Connections } from './connections.js';
import { ApprovalNeeded, AwgpError } from './errors.js';
import { Notices } from './notices.js';
import { isUnknown } from './outcome.js';
import type { PoolLike } from './pool.js';
import * as protocol from './protocol.js';
import type { Call, CallOptions, Identity, Query, Question } from './protocol.js';

/** A login that is a member of awgp_app: a URL, or a pool of node-postgres that stays the program's own. */
export type Source =
  | { readonly url: string; readonly pool?: undefined }
  | { readonly pool: PoolLike; readonly url?: undefined };

/**
 * Who is in context: in trusted mode a tenant (slug or id) and a user (e-mail or id), in signed mode a token.
 * With null as the user no role is checked.
 */
export type Who =
  | { readonly tenant: string; readonly user: string | null; readonly token?: undefined }
  | { readonly token: string; readonly tenant?: undefined; readonly user?: undefined };

/** `assistant` is a slug or an id. */
export type GovernorOptions = Source & Who & { readonly assistant: string };

/** How an action is performed. */
export interface ActionOptions extends CallOptions {
  /** What the action is called with; what a human approves is what runs. AWGP keeps its digest. */
  readonly arguments?: unknown;
  /** Who is paid. */
  readonly provider?: string | undefined;
  /** What is set aside, as a text such as '0.05'. */
  readonly estimatedCost?: protocol.Amount | undefined;
  /** How long the action may take; 900 if nothing is said. */
  readonly seconds?: number | undefined;
  /** Makes the action happen once, however often it is asked for. Without one each call is a new action. */
  readonly key?: string | undefined;
  /** The approval under which alone it may begin. */
  readonly approval?: string | undefined;
  /** Asks humans if an approval is missing, and waits for them so many seconds. */
  readonly ask?: number | undefined;
  /** Whether nobody knows, after this error, if the action happened; isUnknown if nothing is said. */
  readonly unknown?: ((error: unknown) => boolean) | undefined;
  /**
   * Ends the waiting for an approval. If it aborts while the body runs, and the body throws, the outcome is
   * unknown.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How long one waits for an approval. */
export interface Patience {
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Between two looks at an approval, in milliseconds: at first, and at most. */
const PAUSE = 200;
const PAUSE_MAX = 5000;

/** Asks AWGP before an assistant acts, and reports afterwards. Every call is one transaction. */
export class Governor {
  readonly #connections: Connections;
  readonly #notices: Notices;
  readonly #who: Identity;

  constructor(options: GovernorOptions) {
    // A program in JavaScript, or a variable that is not set, has no types.
    const given: { [key in keyof GovernorOptions]?: unknown } & Record<string, unknown> = { ...options };
    if (!given['url'] === !given['pool']) throw new TypeError('give either a url or a pool');
    if (!given['token'] === !given['tenant']) throw new TypeError('give either a token, or a tenant and a user');
    if (given['tenant'] && given['user'] !== null && !given['user']) {
      throw new TypeError('no user to put in context: without one, no role is checked; pass null if that is meant');
    }
    if (!given.assistant) throw new TypeError('give the assistant that acts');
    const { tenant, user, token, assistant } = options;
    this.#who = { tenant, user, token, assistant };
    this.#connections = new Connections(options);
    this.#notices = new Notices(() => this.#connections.beside());
  }

  /**
   * Performs an action under AWGP's rules: the body runs only if it is allowed. Its end is the outcome:
   * succeeded, or failed after an error, or unknown after a timeout, a lost connection, an abort or
   * OutcomeUnknown.
   *
   * Throws Denied where it is not allowed, AlreadyActed where it was performed before.
   */
  async action<T>(
    workItem: string,
    action: string,
    options: ActionOptions,
    body: (act: Act) => T | Promise<T>,
  ): Promise<T> {
    const act = await this.open(workItem, action, options);
    let value: T;
    try {
      value = await within(act, () => body(act));
    } catch (error) {
      await reported(act, error);
      throw error;
    }
    await act.succeed();
    return value;
  }

  /** Begins an action that the caller ends: for what is longer than a function, such as a stream. */
  async open(workItem: string, action: string, options: ActionOptions = {}): Promise<OpenAct> {
    const call = protocol.callOf(workItem, action, options);
    const begun = await this.#begun(call, options.ask, options.signal);
    const ending = {
      report: (report: protocol.Report) =>
        this.#acting((query) => protocol.finish(query, begun, call.provider, report)),
      isUnknown: options.unknown ?? isUnknown,
    };
    return new OpenAct(begun, ending, options.signal);
  }

  /** Asks humans for an approval of one action with its arguments. */
  async ask(workItem: string, action: string, args?: unknown, question: Question = {}): Promise<Approval> {
    return this.#ask(protocol.callOf(workItem, action, { arguments: args }), question);
  }

  /** How a request for approval stands. */
  async approval(id: string): Promise<Approval> {
    return this.#asking((query) => protocol.readApproval(query, id));
  }

  /** Waits until a request is decided or has expired, at most so many seconds; returns how it stands. */
  async wait(id: string, { seconds, signal }: Patience): Promise<Approval> {
    const until = performance.now() + seconds * 1000;
    const notice = this.#notices.of(id);
    try {
      for (let pause = PAUSE; ; pause = Math.min(pause * 1.5, PAUSE_MAX)) {
        signal?.throwIfAborted();
        const found = await this.approval(id);
        const left = until - performance.now();
        if (!found.isOpen || left <= 0) return found;
        await notice.next(Math.min(pause, left), signal);
      }
    } finally {
      notice.close();
    }
  }

  /** Closes the connections. A pool that was given stays as it is. */
  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #begun(call: Call, ask: number | undefined, signal: AbortSignal | undefined): Promise<Begun> {
    signal?.throwIfAborted();
    const begin = (): Promise<Begun | AwgpError> => this.#acting((query) => protocol.begin(query, call));
    let answer = await begin();
    if (answer instanceof ApprovalNeeded && ask !== undefined) {
      await this.wait(answer.openApproval ?? (await this.#asked(call)), { seconds: ask, signal });
      answer = await begin();
    }
    if (answer instanceof AwgpError) throw answer;
    return answer;
  }

  /**
   * The request for approval of a call; somebody else may have made it a moment ago, or a call that got no
   * answer.
   */
  async #asked(call: Call): Promise<string> {
    try {
      return (await this.#ask(call, {})).id;
    } catch (error) {
      const open = error instanceof ApprovalNeeded ? error.openApproval : undefined;
      if (open === undefined) throw error;
      return open;
    }
  }

  #ask(call: Call, question: Question): Promise<Approval> {
    return this.#asking((query) => protocol.ask(query, call, question));
  }

  #acting<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#connections.run(async (query) => {
      await protocol.acting(query, this.#who);
      return work(query);
    });
  }

  #asking<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#connections.run(async (query) => {
      await protocol.asking(query, this.#who);
      return work(query);
    });
  }
}

/**
 * Reports an action after an error, which stays the error that is told. If it cannot be reported, AWGP says
 * of the action in its time that nobody knows.
 */
export async function reported(act: OpenAct, error: unknown): Promise<void> {
  try {
    await act.fail(error);
  } catch (failed) {
    process.emitWarning(`the action ${act.id} is not reported: ${String(failed)}`, 'AwgpWarning');
  }
}
