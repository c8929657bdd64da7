// The story of docs/clients, told with node-postgres: node story.mjs, with DATABASE_URL of a member of awgp_app.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
// A connection that breaks while nobody uses it. Without a listener Node ends.
pool.on('error', (error) => console.error('a connection of the pool is gone:', error.message));

// Runs work in a transaction with a tenant, and a user of it, in context.
async function inContext(who, work, isolation = 'READ COMMITTED') {
  if (!who.user) throw new TypeError('no user to put in context: without one, no role is checked');
  const client = await pool.connect();
  let lost;
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    await client.query('SELECT awgp.set_context($1, $2)', [who.tenant, who.user]);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failed) => { lost = failed; });
    throw error;
  } finally {
    // A connection that could not roll back does not go back into the pool.
    client.release(lost);
  }
}

// Takes a refusal apart. DETAIL of AWGP's refusals is JSON with a reason that never changes its meaning.
function refusal(error) {
  const facts = error.detail?.startsWith('{') ? JSON.parse(error.detail) : {};
  return { code: error.code, reason: facts.reason, hint: error.hint };
}

// The whole transaction again helps after these and no others.
const AGAIN = new Set(['40001', '40P01', '55P03']);

// Runs a transaction; after a conflict with another one again, at most five times in all.
async function retrying(transaction) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt === 5 || !AGAIN.has(error.code)) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}

// The first row of a statement.
async function one(client, sql, values) {
  const { rows } = await client.query(sql, values);
  return rows[0];
}

// Who acts. An application knows the ids of its people; here set_context() takes their names.
async function scene() {
  return inContext({ tenant: 'north', user: 'ada@north.example' }, async (client) => {
    const { tenant, ada, bob, assistant } = await one(client, `
      SELECT awgp.current_tenant() AS tenant, awgp.current_user_id() AS ada, awgp.find_user('bob@north.example') AS bob,
             (SELECT id FROM awgp.assistants WHERE slug = 'invoices') AS assistant`);
    return { ada: { tenant, user: ada }, bob: { tenant, user: bob }, assistant };
  });
}

async function createItem(who, assistant) {
  const item = await inContext(who, (client) => one(client,
    'SELECT id, status FROM awgp.create_work_item($1, $2, risk_level => 3, estimated_cost => $3)',
    [assistant, 'Pay invoice 17', '0.5']));
  console.log('created:', item.status);
  return item.id;
}

// Two transactions change one row: the second one is told to begin again.
async function conflict(ada, bob, item) {
  const priority = 'UPDATE awgp.work_items SET priority = $2 WHERE id = $1';
  let attempts = 0;
  await retrying(() => inContext(ada, async (client) => {
    attempts += 1;
    if (attempts === 1) await inContext(bob, (other) => other.query(priority, [item, 2]));
    await client.query(priority, [item, 1]);
  }, 'REPEATABLE READ'));
  console.log('conflict: done at attempt', attempts);
}

// The one call before an assistant acts. It answers; a denial is no error, and is committed.
function begin(who, item) {
  return inContext(who, async (client) => {
    const sql = 'SELECT awgp.begin_action($1, $2, $3, $4, idempotency_key => $5) AS answer';
    const { answer } = await one(client, sql, [item, 'pay_invoice', 'openai', '0.25', 'invoice-17']);
    return answer;
  });
}

// Whether to act. With a repeated key `allowed` stays true when the action is over; `status` says so.
function mayAct(answer) {
  return answer.allowed && answer.status === 'begun';
}

async function deniedAndRefused(ada, item) {
  const denied = await begin(ada, item);
  console.log('begun:', denied.reason);
  let attempts = 0;
  try {
    await retrying(() => {
      attempts += 1;
      return inContext(ada, (client) => client.query('SELECT awgp.start_work_item($1)', [item]));
    });
  } catch (error) {
    const { code, reason } = refusal(error);
    console.log('refused:', code, reason, 'at attempt', attempts);
  }
}

async function approve(ada, bob, item) {
  const asked = await inContext(ada, (client) => one(client,
    'SELECT id, status FROM awgp.request_approval($1)', [item]));
  const decided = await inContext(bob, (client) => one(client,
    'SELECT status FROM awgp.approve($1, $2)', [asked.id, 'the amount is right']));
  console.log('approval:', asked.status, decided.status);
}

function finish(who, action, { outcome, model, inputTokens, outputTokens, cost, result }) {
  return inContext(who, async (client) => {
    const sql = 'SELECT awgp.finish_action($1, $2, $3, $4, $5, $6, $7) AS answer';
    const report = [action, outcome, model, inputTokens, outputTokens, cost, JSON.stringify(result)];
    const { answer } = await one(client, sql, report);
    return answer;
  });
}

// Begins an action, does the work and reports how it ended, in two transactions with the work between.
async function governed(who, item, work) {
  const begun = await begin(who, item);
  if (!mayAct(begun)) return begun;
  // If the work throws, nobody knows whether it happened. A person says so later, or a later report.
  let report = { outcome: 'unknown' };
  let finished;
  try {
    report = await work(begun);
  } finally {
    finished = await finish(who, begun.action_id, report);
  }
  return finished;
}

async function act(ada, item) {
  const begun = await begin(ada, item);
  const again = await begin(ada, item);
  console.log('begun:', begun.reason, begun.action_id === again.action_id ? 'once' : 'twice');
  // Here the invoice would be paid, until begun.expires_at.
  const finished = await governed(ada, item, async () => (
    { outcome: 'succeeded', model: 'gpt-4', inputTokens: 1200, outputTokens: 300, cost: '0.031', result: { paid: true } }));
  console.log('finished:', finished.status, finished.cost_amount);
}

async function recordCost(ada, assistant) {
  const record = () => inContext(ada, (client) => one(client,
    `SELECT id, cost_amount FROM awgp.record_cost($1, 'openai', 'gpt-4', 100, 20, $2, idempotency_key => $3)`,
    [assistant, '0.002', 'call-1']));
  const [entry, same] = [await record(), await record()];
  console.log('cost:', entry.cost_amount, entry.id === same.id ? 'once' : 'twice');
}

// Row-level security shows the rows of the tenant in context, so this needs no WHERE. A holding would see the rows of
// its subsidiaries too: WHERE tenant_id = awgp.current_tenant() leaves them out.
async function list(ada) {
  const sql = 'SELECT title, status, assistant_slug FROM awgp.work_item_list';
  const { rows } = await inContext(ada, (client) => client.query(sql));
  for (const row of rows) console.log('listed:', row.title, row.status, row.assistant_slug);
  const { count } = await one(pool, 'SELECT count(*) FROM awgp.work_items');
  console.log('without a context:', count);
}

try {
  const { ada, bob, assistant } = await scene();
  const item = await createItem(ada, assistant);
  await conflict(ada, bob, item);
  await deniedAndRefused(ada, item);
  await approve(ada, bob, item);
  await act(ada, item);
  await recordCost(ada, assistant);
  await list(ada);
} finally {
  await pool.end();
}
