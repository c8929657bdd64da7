// The story of docs/clients, told with Prisma: node story.mjs, with DATABASE_URL of a member of awgp_app, after
// prisma generate.

import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/index.js';

const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }),
  transactionOptions: { maxWait: 30_000, timeout: 30_000 },
});

// Runs work in a transaction with a tenant, and a user of it, in context.
function inContext(who, work, options = {}) {
  if (!who.user) throw new TypeError('no user to put in context: without one, no role is checked');
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT awgp.set_context(${who.tenant}, ${who.user})`;
    return work(tx);
  }, options);
}

// Takes a refusal apart. The driver's error is the `cause` if a Prisma model was called, and in `meta` for raw SQL.
// DETAIL of AWGP's refusals is JSON with a reason that never changes its meaning.
function refusal(error) {
  const cause = error.meta?.driverAdapterError?.cause ?? error.cause ?? {};
  const facts = cause.detail?.startsWith('{') ? JSON.parse(cause.detail) : {};
  return { code: cause.originalCode, reason: facts.reason, hint: cause.hint };
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

// Who acts. An application knows the ids of its people; here set_context() takes their names.
async function scene() {
  return inContext({ tenant: 'north', user: 'ada@north.example' }, async (tx) => {
    const [{ tenant }] = await tx.$queryRaw`SELECT awgp.current_tenant() AS tenant`;
    const ada = await tx.user.findUniqueOrThrow({ where: { tenantId_email: { tenantId: tenant, email: 'ada@north.example' } } });
    const bob = await tx.user.findUniqueOrThrow({ where: { tenantId_email: { tenantId: tenant, email: 'bob@north.example' } } });
    const assistant = await tx.assistant.findFirstOrThrow({ where: { slug: 'invoices' } });
    return { ada: { tenant, user: ada.id }, bob: { tenant, user: bob.id }, assistant };
  });
}

// A Prisma model does as well as the function: columns have their defaults, and triggers apply the rules.
async function createItem(who, assistant) {
  const item = await inContext(who, (tx) => tx.workItem.create({
    data: { assistantId: assistant.id, title: 'Pay invoice 17', riskLevel: 3, estimatedCost: '0.5' },
  }));
  console.log('created:', item.status);
  return item.id;
}

// Two transactions change one row: the second one is told to begin again.
async function conflict(ada, bob, id) {
  const priority = (tx, value) => tx.workItem.update({ where: { id }, data: { priority: value } });
  let attempts = 0;
  await retrying(() => inContext(ada, async (tx) => {
    attempts += 1;
    if (attempts === 1) await inContext(bob, (other) => priority(other, 2));
    await priority(tx, 1);
  }, { isolationLevel: 'RepeatableRead' }));
  console.log('conflict: done at attempt', attempts);
}

// The one call before an assistant acts. It answers; a denial is no error, and is committed.
function begin(who, item) {
  return inContext(who, async (tx) => {
    const [{ answer }] = await tx.$queryRaw`
      SELECT awgp.begin_action(${item}::uuid, 'pay_invoice', 'openai', ${'0.25'}::numeric, idempotency_key => ${'invoice-17'}) AS answer`;
    return answer;
  });
}

// Whether to act. With a repeated key `allowed` stays true when the action is over; `status` says so.
function mayAct(answer) {
  return answer.allowed && answer.status === 'begun';
}

async function deniedAndRefused(ada, id) {
  const denied = await begin(ada, id);
  console.log('begun:', denied.reason);
  const ways = [
    (tx) => tx.workItem.update({ where: { id }, data: { status: 'in_progress' } }),
    (tx) => tx.$queryRaw`SELECT status FROM awgp.start_work_item(${id}::uuid)`,
  ];
  const refusals = [];
  for (const way of ways) {
    let attempts = 0;
    try {
      await retrying(() => {
        attempts += 1;
        return inContext(ada, way);
      });
    } catch (error) {
      const { code, reason } = refusal(error);
      refusals.push(`${code} ${reason} at attempt ${attempts}`);
    }
  }
  // A Prisma model and raw SQL are refused alike.
  console.log('refused:', ...new Set(refusals));
}

async function approve(ada, bob, item) {
  const [asked] = await inContext(ada, (tx) => tx.$queryRaw`
    SELECT id, status FROM awgp.request_approval(${item}::uuid)`);
  const [decided] = await inContext(bob, (tx) => tx.$queryRaw`
    SELECT status FROM awgp.approve(${asked.id}::uuid, ${'the amount is right'})`);
  console.log('approval:', asked.status, decided.status);
}

function finish(who, action, { outcome, model = null, inputTokens = null, outputTokens = null, cost = null, result = null }) {
  return inContext(who, async (tx) => {
    const [{ answer }] = await tx.$queryRaw`
      SELECT awgp.finish_action(${action}::uuid, ${outcome}, ${model}, ${inputTokens}::bigint, ${outputTokens}::bigint,
          ${cost}::numeric, ${result}::jsonb) AS answer`;
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
  const record = () => inContext(ada, async (tx) => {
    const [entry] = await tx.$queryRaw`
      SELECT id, cost_amount FROM awgp.record_cost(${assistant.id}::uuid, 'openai', 'gpt-4', ${100}, ${20},
          ${'0.002'}::numeric, idempotency_key => ${'call-1'})`;
    return entry;
  });
  const [entry, same] = [await record(), await record()];
  console.log('cost:', entry.cost_amount.toFixed(6), entry.id === same.id ? 'once' : 'twice');
}

// Row-level security shows the rows of the tenant in context, so this needs no WHERE. A holding would see the rows of
// its subsidiaries too: WHERE tenant_id = awgp.current_tenant() leaves them out.
async function list(ada) {
  const items = await inContext(ada, (tx) => tx.workItem.findMany({ include: { assistant: true } }));
  for (const item of items) console.log('listed:', item.title, item.status, item.assistant.slug);
  console.log('without a context:', await prisma.workItem.count());
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
  await prisma.$disconnect();
}
