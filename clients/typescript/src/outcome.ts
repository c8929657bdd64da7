// What the end of a body says of the action.

import { OutcomeUnknown } from './errors.js';

/** Codes of Node and of its fetch after which nobody knows whether the other side has acted. */
const LOST = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_ABORTED',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);
/** SQLSTATE of a connection to PostgreSQL that is gone. */
const GONE = /^(?:08...|57P0[123])$/;
/** What aborted and timed out requests are called: by the platform, and by OpenAI's library. */
const NAMES = new Set([
  'AbortError',
  'TimeoutError',
  'APIConnectionError',
  'APIConnectionTimeoutError',
  'APIUserAbortError',
]);
/** A chain of causes that is longer tells nothing. */
const CAUSES_MAX = 8;

/**
 * Whether nobody knows, after this error, if the action happened: a timeout, a lost connection, an abort, or
 * OutcomeUnknown; of the error itself, or of what caused it.
 */
export function isUnknown(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth += 1) {
    if (cause instanceof OutcomeUnknown || NAMES.has(cause.name) || NAMES.has(cause.constructor.name)) return true;
    const code = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' && (LOST.has(code) || GONE.test(code))) return true;
    // node-postgres gives it no code.
    if (cause.message.startsWith('Connection terminated')) return true;
    cause = cause.cause;
  }
  return false;
}
