// A pool of node-postgres, without its types: whoever has none of these needs none.

/** The part of a client of node-postgres that is used. */
export interface ClientLike {
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
  release(error?: Error | boolean): void;
}

/** A pool of node-postgres. */
export interface PoolLike {
  connect(): Promise<ClientLike>;
}
