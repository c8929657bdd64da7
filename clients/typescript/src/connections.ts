// Connections of node-postgres, and transactions that are run again.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { explained, isOfServer } from './errors.js';
import type { ClientLike, PoolLike } from './pool.js';
import type { Query } from './protocol.js';

/** How often a transaction is tried. */
const TRIES = 6;
/** A conflict with another transaction, a deadlock. */
const AGAIN = new Set(['40001', '40P01']);
/** The server ends the connection, or cannot take one yet. */
const GONE = /^(?:08...|57P0[123])$/;
/** The network's word for it. */
const LOST = new Set(['ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** An error after which the transaction is run again. */
class Again extends Error {}

export class Connections {
  readonly #pool: PoolLike;
  readonly #own: pg.Pool | undefined;

  constructor(source: { readonly url?: string | undefined; readonly pool?: PoolLike | undefined }) {
    if (source.pool !== undefined) {
      this.#pool = source.pool;
      return;
    }
    this.#own = new pg.Pool({ connectionString: source.url });
    // A connection that breaks while nobody uses it is made again. Without a listener Node would end.
    this.#own.on('error', () => undefined);
    this.#pool = this.#own;
  }

  /** Runs work in one transaction, again after a conflict or a lost connection. */
  async run<T>(work: (query: Query) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (!(error instanceof Again)) throw explained(error);
        if (attempt === TRIES) throw explained(error.cause);
        await sleep(Math.random() * 50 * 2 ** attempt);
      }
    }
  }

  /**
   * A connection of its own beside the pool's, with the same options; undefined where the pool tells none.
   */
  beside(): pg.Client | undefined {
    const { options } = this.#pool as { options?: pg.ClientConfig };
    return options === undefined ? undefined : new pg.Client(options);
  }

  /** Closes the connections, unless they are the program's own. */
  async close(): Promise<void> {
    await this.#own?.end();
  }

  async #once<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#connected();
    let broken: Error | undefined;
    // The pool listens only to clients that nobody uses.
    const listener = (error: Error): void => {
      broken = error;
    };
    client.on('error', listener);
    const query: Query = async (sql, values) => {
      const row = (await client.query(sql, [...values])).rows[0];
      return row === undefined ? undefined : Object.values(row)[0];
    };
    try {
      await client.query('BEGIN');
      const result = await work(query);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      const gone = broken !== undefined || isGone(error);
      // A connection that cannot roll back does not go back into the pool.
      if (gone) broken ??= error as Error;
      else await client.query('ROLLBACK').catch((failed: Error) => (broken = failed));
      throw gone || isConflict(error) ? new Again('again', { cause: error }) : error;
    } finally {
      client.removeListener('error', listener);
      client.release(broken);
    }
  }

  async #connected(): Promise<ClientLike> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw isGone(error) ? new Again('again', { cause: error }) : error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return isOfServer(error) && AGAIN.has(error.code ?? '');
}

function isGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (isOfServer(error)) return GONE.test(code);
  // node-postgres gives this one no code.
  return LOST.has(code) || error.message.startsWith('Connection terminated');
}
