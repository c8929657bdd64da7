// The story of docs/clients, told with Drizzle: node story.mjs, with DATABASE_URL of a member of awgp_app.

import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { assistants, workItems } from './awgp.mjs';

const db = drizzle(process.env.DATABASE_URL);
// A connection that breaks while nobody uses it. Without a listener Node ends.
db.$client.on('error', (error) => console.error('a connection of the pool is gone:', error.message));

// Runs work in a transaction with a tenant, and a user of it, in context.
function inContext(who, work, isolationLevel = 'read committed') {
  if (!who.user) throw new TypeError('no user to put in context: without one, no role is checked');
  return db.transaction(async (tx) => {
    await tx.execute(sql`SELECT awgp.set_context(${who.tenant}, ${who.user})`);
    return work(tx);
  }, { isolationLevel });
}

// Takes a refusal apart. The driver's error is the cause of Drizzle's. DETAIL of AWGP's refusals is JSON with a reason
// that never changes its meaning.
function refusal(error) {
  const { code, detail, hint } = error.cause ?? error;
  const facts = detail?.startsWith('{') ? JSON.parse(detail) : {};
  return { code, reason: facts.reason, hint };
}

// The whole transaction again helps after these and no others.
const AGAIN = new Set(['40001', '40P01', '55P03']);

// Runs a transaction; after a conflict with another one again, at most five times in all.
async function retrying(transaction) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt === 5 || !AGAIN.has(refusal(error).code)) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}

// The first row of a statement.
async function one(tx, statement) {
  const { rows } = await tx.execute(statement);
  return rows[0];
}

// Who acts. An application knows the ids of its people; here set_context() takes their names.
async function scene() {
  return inContext({ tenant: 'north', user: 'ada@north.example' }, async (tx) => {
    const { tenant, ada, bob } = await one(tx, sql`
      SELECT awgp.current_tenant() AS tenant, awgp.current_user_id() AS ada, awgp.find_user('bob@north.example') AS bob`);
    const [assistant] = await tx.select().from(assistants).where(eq(assistants.slug, 'invoices'));
    return { ada: { tenant, user: ada }, bob: { tenant, user: bob }, assistant: assistant.id };
  });
}

// A row like any other: columns have their defaults, and triggers apply the rules.
async function createItem(who, assistant) {
  const [item] = await inContext(who, (tx) => tx.insert(workItems)
    .values({ assistantId: assistant, title: 'Pay invoice 17', riskLevel: 3, estimatedCost: '0.5' })
    .returning());
  console.log('created:', item.status);
  return item.id;
}

// Two transactions change one row: the second one is told to begin again.
async function conflict(ada, bob, item) {
  const prioritise = (tx, priority) => tx.update(workItems).set({ priority }).where(eq(workItems.id, item));
  let attempts = 0;
  await retrying(() => inContext(ada, async (tx) => {
    attempts += 1;
    if (attempts === 1) await inContext(bob, (other) => prioritise(other, 2));
    await prioritise(tx, 1);
  }, 'repeatable read'));
  console.log('conflict: done at attempt', attempts);
}

// The one call before an assistant acts. It answers; a denial is no error, and is committed.
function begin(who, item) {
  return inContext(who, async (tx) => {
    const { answer } = await one(tx, sql`
      SELECT awgp.begin_action(${item}, 'pay_invoice', 'openai', ${'0.25'}, idempotency_key => ${'invoice-17'}) AS answer`);
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
      return inContext(ada, (tx) => tx.update(workItems).set({ status: 'in_progress' }).where(eq(workItems.id, item)));
    });
  } catch (error) {
    const { code, reason } = refusal(error);
    console.log('refused:', code, reason, 'at attempt', attempts);
  }
}

async function approve(ada, bob, item) {
  const asked = await inContext(ada, (tx) => one(tx, sql`SELECT id, status FROM awgp.request_approval(${item})`));
  const decided = await inContext(bob, (tx) => one(tx, sql`
    SELECT status FROM awgp.approve(${asked.id}, ${'the amount is right'})`));
  console.log('approval:', asked.status, decided.status);
}

function finish(who, action, { outcome, model = null, inputTokens = null, outputTokens = null, cost = null, result = null }) {
  return inContext(who, async (tx) => {
    const { answer } = await one(tx, sql`
      SELECT awgp.finish_action(${action}, ${outcome}, ${model}, ${inputTokens}, ${outputTokens}, ${cost}, ${result}) AS answer`);
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
  const record = () => inContext(ada, (tx) => one(tx, sql`
    SELECT id, cost_amount FROM awgp.record_cost(${assistant}, 'openai', 'gpt-4', ${100}, ${20}, ${'0.002'},
        idempotency_key => ${'call-1'})`));
  const [entry, same] = [await record(), await record()];
  console.log('cost:', entry.cost_amount, entry.id === same.id ? 'once' : 'twice');
}

// Row-level security shows the rows of the tenant in context, so this needs no WHERE. A holding would see the rows of
// its subsidiaries too: WHERE tenant_id = awgp.current_tenant() leaves them out.
async function list(ada) {
  const items = await inContext(ada, (tx) => tx
    .select({ title: workItems.title, status: workItems.status, slug: assistants.slug })
    .from(workItems).innerJoin(assistants, eq(assistants.id, workItems.assistantId)));
  for (const item of items) console.log('listed:', item.title, item.status, item.slug);
  console.log('without a context:', await db.$count(workItems));
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
  await db.$client.end();
}
