// What is said to PostgreSQL. Each function runs statements of one transaction, whoever opens it.

import { randomUUID } from 'node:crypto';
import { approval, begun, finished } from './answers.js';
import type { Approval, ApprovalRow, BeginAnswer, Begun, Finished, FinishAnswer } from './answers.js';
import { AlreadyActed, AwgpError, denied } from './errors.js';
import type { Denial } from './errors.js';

/** An amount of money, as a text such as '0.05': a number would not be exact. */
export type Amount = string;

/** Runs a statement; answers the first column of the first row, undefined where there is none. */
export type Query = (sql: string, values: readonly unknown[]) => Promise<unknown>;

const TRUSTED = 'SELECT awgp.set_context($1::text, $2::text)::text';
const TOKEN = 'SELECT awgp.authenticate($1)::text';
const ASSISTANT = `
  SELECT awgp.set_context(awgp.current_tenant(), awgp.current_user_id(), id)::text FROM awgp.assistant_list
  WHERE tenant_id = awgp.current_tenant() AND (slug = $1 OR id::text = $1)`;
// As text: a program may have its own idea of what JSON becomes.
const BEGIN = `
  SELECT awgp.begin_action($1::uuid, $2, $3, $4::numeric, make_interval(secs => $5::float8), $6, $7::text::jsonb,
    $8::uuid)::text`;
const FINISH = `
  SELECT awgp.finish_action($1::uuid, $2, $3, $4::bigint, $5::bigint, $6::numeric, $7::text::jsonb)::text`;
const ESTIMATE = 'SELECT awgp.estimate_cost($1, $2, $3::bigint, $4::bigint, $5::bigint)::text';
const ASK = `
  SELECT row_to_json(r)::text FROM awgp.request_action_approval($1::uuid, $2, $3::text::jsonb,
    title => $4, description => $5) AS r`;
const IS_ANOTHERS = `
  SELECT (status IN ('pending', 'escalated') AND requested_arguments_digest <> $2)::text
  FROM awgp.approval_details WHERE id = $1::uuid`;
const APPROVAL = 'SELECT row_to_json(r)::text FROM awgp.approval_details AS r WHERE id = $1::uuid';

/** Who is in context: a tenant with a user, or a token; and the assistant that acts. */
export interface Identity {
  readonly tenant?: string | undefined;
  readonly user?: string | null | undefined;
  readonly token?: string | undefined;
  readonly assistant: string;
}

/** Puts a user in context who asks for approval: no assistant does. */
export async function asking(query: Query, who: Identity): Promise<void> {
  if (who.token === undefined) await query(TRUSTED, [who.tenant, who.user]);
  else await query(TOKEN, [who.token]);
}

/** The same with the assistant that acts. */
export async function acting(query: Query, who: Identity): Promise<void> {
  await asking(query, who);
  if ((await query(ASSISTANT, [who.assistant])) === undefined) {
    const hint = "The tenant's assistants: SELECT slug, id FROM awgp.assistant_list";
    throw new AwgpError(`the tenant has no assistant ${who.assistant}`, 'unknown_assistant', hint);
  }
}

/** An action that an agent wants to perform. */
export interface Call {
  readonly workItem: string;
  readonly action: string;
  readonly arguments: string | null;
  readonly provider: string | null;
  readonly estimatedCost: Amount | null;
  readonly seconds: number;
  /** A key of its own: a call that is repeated after the connection was lost is the same action. */
  readonly key: string;
  readonly approval: string | null;
}

/** The part of an action that AWGP is told before it begins. */
export interface CallOptions {
  readonly arguments?: unknown;
  readonly provider?: string | undefined;
  readonly estimatedCost?: Amount | undefined;
  readonly seconds?: number | undefined;
  readonly key?: string | undefined;
  readonly approval?: string | undefined;
}

const SECONDS = 900;
/** What PostgreSQL takes for a uuid. */
const ID = /^\{?(?:[0-9a-f]{4}-?){8}\}?$/i;

export function callOf(workItem: string, action: string, options: CallOptions = {}): Call {
  if (!ID.test(workItem)) {
    throw new TypeError(`the work item '${workItem}' is not an id: pass the id that create_work_item() returns`);
  }
  return {
    workItem,
    action,
    arguments: written(options.arguments),
    provider: options.provider ?? null,
    estimatedCost: exact(options.estimatedCost, 'estimatedCost'),
    seconds: options.seconds ?? SECONDS,
    key: options.key ?? randomUUID(),
    approval: options.approval ?? null,
  };
}

/**
 * Asks whether it may be performed, and begins it. A refusal is returned: its transaction commits, so that
 * the denial is in the trail.
 */
export async function begin(query: Query, call: Call): Promise<Begun | AwgpError> {
  const answer = parsed<BeginAnswer | Denial>(
    await query(BEGIN, [
      call.workItem,
      call.action,
      call.provider,
      call.estimatedCost,
      call.seconds,
      call.key,
      call.arguments,
      call.approval,
    ]),
  );
  if (!answer.allowed) {
    const { approval_id: id, arguments_digest: digest } = answer.facts ?? {};
    if (answer.reason === 'arguments_mismatch' && call.approval === null && typeof id === 'string') {
      // People are asked about another call, and have not decided: about this one they are not asked yet.
      const isAnothers = await query(IS_ANOTHERS, [id, typeof digest === 'string' ? digest : '']);
      if (isAnothers === 'true') return denied({ ...answer, reason: 'approval_required' });
    }
    return denied(answer);
  }
  const began = begun(answer);
  return began.status === 'begun' ? began : new AlreadyActed(began.status, began.actionId, began.hint);
}

/** What is asked of humans. */
export interface Question {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

/** Asks humans for an approval of exactly this call. */
export async function ask(query: Query, call: Call, question: Question): Promise<Approval> {
  const { title = null, description = null } = question;
  const values = [call.workItem, call.action, call.arguments ?? '{}', title, description];
  return approval(parsed<ApprovalRow>(await query(ASK, values)));
}

/** How a request for approval stands. */
export async function readApproval(query: Query, id: string): Promise<Approval> {
  const row = await query(APPROVAL, [id]);
  if (row === undefined) {
    throw new AwgpError('no such approval in this tenant', 'unknown_approval', '', { approval_id: id });
  }
  return approval(parsed<ApprovalRow>(row));
}

/** What became of an action. */
export interface Report {
  outcome: 'succeeded' | 'failed' | 'unknown';
  model?: string | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cachedTokens?: number | undefined;
  costAmount?: Amount | undefined;
  result?: unknown;
}

/** Reports it. Of what nobody knows, no cost is told. */
export async function finish(query: Query, begun: Begun, provider: string | null, report: Report): Promise<Finished> {
  const told = report.outcome === 'unknown' ? { outcome: report.outcome } : report;
  const answer = await query(FINISH, [
    begun.actionId,
    told.outcome,
    told.model ?? null,
    told.inputTokens ?? null,
    told.outputTokens ?? null,
    told.costAmount ?? (told.cachedTokens ? await estimate(query, provider, told) : null),
    written(told.result),
  ]);
  return finished(parsed<FinishAnswer>(answer));
}

/** What tokens cost, some of them from the provider's cache: finish_action() has no argument for these. */
async function estimate(query: Query, provider: string | null, spent: Report): Promise<Amount> {
  const values = [provider, spent.model, spent.inputTokens ?? 0, spent.outputTokens ?? 0, spent.cachedTokens];
  return String(await query(ESTIMATE, values));
}

function parsed<T>(text: unknown): T {
  return JSON.parse(text as string) as T;
}

/** An amount as it is; a number is refused, because it is not exact. */
export function exact(amount: unknown, name: string): Amount | null {
  if (amount === undefined || amount === null) return null;
  if (typeof amount !== 'string') throw new TypeError(`${name} is an amount of money: a text such as '0.05'`);
  return amount;
}

/**
 * A value as JSON; null where there is none. What JSON does not have is refused, and never becomes something
 * else.
 */
export function written(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part)) throw new TypeError(`JSON has no ${String(part)}`);
    return part;
  }) as string | undefined;
  if (text === undefined) throw new TypeError(`JSON has no ${typeof value}`);
  return text;
}
