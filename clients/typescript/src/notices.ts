// Waking those who wait for an approval: LISTEN awgp_approvals, on one connection while anybody waits. Who
// waits also looks now and then, because a notification may be lost, and a pooler may let none through.

import type pg from 'pg';

/** Wakes one who waits. */
type Wake = () => void;

export class Notices {
  readonly #connect: () => pg.Client | undefined;
  readonly #waiting = new Map<string, Set<Wake>>();
  #listening: { readonly client: pg.Client; readonly ready: Promise<unknown> } | undefined;

  constructor(connect: () => pg.Client | undefined) {
    this.#connect = connect;
  }

  /** Begins to wait for notifications of an approval. */
  of(approval: string): Notice {
    const wakes = this.#waiting.get(approval) ?? new Set();
    this.#waiting.set(approval, wakes);
    return new Notice((wake) => {
      wakes.add(wake);
      this.#listen();
    }, (wake) => {
      wakes.delete(wake);
      if (wakes.size === 0 && this.#waiting.get(approval) === wakes) this.#waiting.delete(approval);
      if (this.#waiting.size === 0) this.#stop();
    });
  }

  #listen(): void {
    if (this.#listening !== undefined) return;
    const client = this.#connect();
    if (client === undefined) return;
    const lost = (): void => {
      if (this.#listening?.client === client) this.#stop();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload }) => this.#wake(payload));
    const ready = client.connect().then(() => client.query('LISTEN awgp_approvals'));
    this.#listening = { client, ready };
    // What was decided before it listens is seen by looking once more.
    ready.then(() => this.#wake(''), lost);
  }

  /** Wakes those who wait for an approval; with an empty payload, all. */
  #wake(payload: string | undefined): void {
    const woken = payload ? [this.#waiting.get(payload)] : [...this.#waiting.values()];
    for (const wakes of woken) for (const wake of wakes ?? []) wake();
  }

  #stop(): void {
    const listening = this.#listening;
    this.#listening = undefined;
    // Not before it is connected: the server would wait for the rest of its greeting.
    const end = (): Promise<void> | undefined => listening?.client.end();
    listening?.ready.then(end, end).catch(() => undefined);
  }
}

/** What one who waits for an approval has in hand. */
export class Notice {
  readonly #listen: (wake: Wake) => void;
  readonly #stop: (wake: Wake) => void;
  #came = false;
  #resume: Wake | undefined;

  constructor(listen: (wake: Wake) => void, stop: (wake: Wake) => void) {
    this.#listen = listen;
    this.#stop = stop;
    listen(this.#wake);
  }

  /** Waits for the next notification, at most so many milliseconds. An abort rejects. */
  async next(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    // A signal that is aborted already says nothing any more.
    signal?.throwIfAborted();
    // Again, where the connection was lost meanwhile.
    this.#listen(this.#wake);
    if (!this.#came) {
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', resume);
          this.#resume = undefined;
          resolve();
        };
        const timer = setTimeout(resume, milliseconds);
        signal?.addEventListener('abort', resume);
        this.#resume = resume;
      });
    }
    this.#came = false;
    signal?.throwIfAborted();
  }

  close(): void {
    this.#stop(this.#wake);
  }

  readonly #wake = (): void => {
    this.#came = true;
    this.#resume?.();
  };
}
