// What the tests share: DATABASE_URL is a login of the application, SCENE a JSON object with the names and
// ids of what is there.

import { Governor } from 'awgp';
import pg from 'pg';

/** Tenant, users, an assistant, and an item within its tier. */
export interface Scene {
  readonly tenant: string;
  readonly operator: string;
  readonly admin: string;
  readonly assistant: string;
  readonly assistant_id: string;
  readonly item: string;
}

export const URL = process.env['DATABASE_URL'] ?? '';
export const SCENE = JSON.parse(process.env['SCENE'] ?? '{}') as Scene;
export const LETTER = { to: 'ada@north.example', amount: 10.5 };

/** A governor of the operator. */
export function governor(): Governor {
  return new Governor({ url: URL, tenant: SCENE.tenant, user: SCENE.operator, assistant: SCENE.assistant });
}

/** The first column of the first row, in the tenant's context. */
export async function ask(sql: string, values: unknown[] = [], user: string | null = null): Promise<unknown> {
  const client = new pg.Client({ connectionString: URL });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT awgp.set_context($1::text, $2::text)', [SCENE.tenant, user]);
    const { rows } = await client.query<Record<string, unknown>>(sql, values);
    await client.query('COMMIT');
    return rows[0] === undefined ? undefined : Object.values(rows[0])[0];
  } finally {
    await client.end();
  }
}

/** What became of an action. */
export function status(action: string): Promise<unknown> {
  return ask('SELECT status FROM awgp.governed_actions WHERE id = $1', [action]);
}

/** The actions of a work item, oldest first: name, status, model, tokens and exact cost. */
export async function actions(item: string): Promise<unknown[]> {
  const sql = `
    SELECT coalesce(jsonb_agg(jsonb_build_array(a.action, a.status, t.model, t.input_tokens, t.output_tokens,
      t.cost_amount::text) ORDER BY a.begun_at, a.id), '[]')
    FROM awgp.governed_actions AS a LEFT JOIN awgp.cost_transactions AS t ON t.id = a.cost_transaction_id
    WHERE a.work_item_id = $1`;
  return (await ask(sql, [item])) as unknown[];
}

/** A work item; above the assistant's tier, where its risk is 4. */
export async function newItem(risk = 0): Promise<string> {
  const sql = 'SELECT id::text FROM awgp.create_work_item($1, $2, risk_level => $3)';
  return String(await ask(sql, [SCENE.assistant_id, 'Send a letter', risk], SCENE.operator));
}

/** An admin decides on an approval. */
export function decide(sql: string, approval: unknown): Promise<unknown> {
  return ask(sql, [approval], SCENE.admin);
}

/** Waits until a work item has an open request for approval, and returns its id. */
export async function openRequest(item: string): Promise<string> {
  for (;;) {
    const sql = "SELECT id::text FROM awgp.approvals WHERE work_item_id = $1 AND status = 'pending'";
    const id = await ask(sql, [item]);
    if (id !== undefined) return String(id);
  }
}
