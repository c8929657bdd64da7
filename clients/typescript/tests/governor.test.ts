// Actions against a server.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import {
  AlreadyActed,
  ApprovalNeeded,
  ApprovalRejected,
  ArgumentsMismatch,
  AwgpError,
  CapabilityMissing,
  Denied,
  Governor,
  LimitReached,
  NoCreditPool,
  OutcomeUnknown,
  currentAct,
  governed,
} from 'awgp';
import type { Act, OpenAct, PoolLike } from 'awgp';
import pg from 'pg';
import { Cutting } from './cutting.js';
import { LETTER, SCENE, URL, ask, decide, governor, newItem, openRequest, status } from './support.js';

const never = (): never => assert.fail('it is not performed');

describe('performing', () => {
  test('what is allowed is performed, and its cost is settled', async () => {
    const north = governor();
    const options = { arguments: LETTER, provider: 'openai', estimatedCost: '1.50' };
    let seen: Act | undefined;
    const answer = await north.action(SCENE.item, 'look', options, async (act) => {
      seen = act;
      assert.equal(await status(act.id), 'begun');
      act.spent('gpt-4', { inputTokens: 10, outputTokens: 20, costAmount: '1.25' });
      act.result({ seen: true });
      return 'answer';
    });
    assert.equal(answer, 'answer');
    assert.equal(seen?.finished?.costAmount, '1.250000');
    assert.equal(await status(seen.id), 'succeeded');
    await north.close();
  });

  test('the end of the body is the outcome', async () => {
    const north = governor();
    class Lost extends OutcomeUnknown {}
    const reset = Object.assign(new Error('read'), { code: 'ECONNRESET' });
    const ends: [unknown, string][] = [
      [new RangeError('no'), 'failed'],
      ['no error at all', 'failed'],
      [new DOMException('no answer', 'TimeoutError'), 'unknown'],
      [new DOMException('aborted', 'AbortError'), 'unknown'],
      [reset, 'unknown'],
      [new TypeError('fetch failed', { cause: reset }), 'unknown'],
      [Object.assign(new Error('terminating connection'), { code: '57P01' }), 'unknown'],
      [new Lost(), 'unknown'],
    ];
    for (const [error, outcome] of ends) {
      let id = '';
      const performed = north.action(SCENE.item, 'look', { provider: 'openai' }, (act) => {
        id = act.id;
        act.spent('gpt-4', { inputTokens: 1, outputTokens: 1, costAmount: '0.01' });
        throw error;
      });
      await assert.rejects(performed, (thrown) => thrown === error);
      assert.equal(await status(id), outcome, String(error));
    }
    await north.close();
  });

  test('a program says itself which of its errors tell nothing, and an abort tells nothing', async () => {
    const north = governor();
    const ids: string[] = [];
    const stop = new AbortController();
    await assert.rejects(
      north.action(SCENE.item, 'look', { unknown: (error) => error instanceof RangeError }, (act) => {
        ids.push(act.id);
        throw new RangeError('who knows');
      }),
      RangeError,
    );
    await assert.rejects(
      north.action(SCENE.item, 'look', { signal: stop.signal }, (act) => {
        ids.push(act.id);
        stop.abort(new RangeError('the user left'));
        act.signal?.throwIfAborted();
      }),
      RangeError,
    );
    assert.deepEqual(await Promise.all(ids.map(status)), ['unknown', 'unknown']);
    await assert.rejects(north.action(SCENE.item, 'look', { signal: stop.signal }, never), RangeError);
    await north.close();
  });

  test('one key is one action', async () => {
    const north = governor();
    const key = randomUUID();
    await north.action(SCENE.item, 'look', { arguments: LETTER, key }, () => undefined);
    await assert.rejects(north.action(SCENE.item, 'look', { arguments: LETTER, key }, never), (error) => {
      assert(error instanceof AlreadyActed);
      return error.status === 'succeeded' && !(error instanceof Denied);
    });
    await assert.rejects(north.action(SCENE.item, 'look', { arguments: {}, key }, never), {
      reason: 'idempotency_conflict',
    });
    await north.close();
  });

  test('an action that is open ends once, whatever is said afterwards', async () => {
    const north = governor();
    const act: OpenAct = await north.open(SCENE.item, 'look');
    const finished = await act.succeed();
    assert.equal(await act.fail(new Error('too late')), finished);
    assert.equal(await status(act.id), 'succeeded');
    await north.close();
  });

  test('a pool of the program is used, one connection at a time, and stays open', async () => {
    const pool = new pg.Pool({ connectionString: URL, max: 1 });
    const north = new Governor({ pool, tenant: SCENE.tenant, user: SCENE.operator, assistant: SCENE.assistant });
    const all = Array.from({ length: 8 }, () => north.action(SCENE.item, 'look', {}, (act) => act.id));
    assert.equal(new Set(await Promise.all(all)).size, 8);
    await north.close();
    const { rows } = await pool.query('SELECT 1 AS one');
    assert.deepEqual(rows, [{ one: 1 }]);
    await pool.end();
  });

  test('a program in CommonJS has the same classes', () => {
    const required = createRequire(import.meta.url)('awgp') as { Governor: unknown; Denied: unknown };
    assert.equal(required.Governor, Governor);
    assert.equal(required.Denied, Denied);
  });
});

describe('connections', () => {
  test('a lost connection is made again, and nothing happens twice', async () => {
    const pool = new pg.Pool({ connectionString: URL, max: 1 });
    pool.on('error', () => undefined);
    const north = new Governor({ pool, tenant: SCENE.tenant, user: SCENE.operator, assistant: SCENE.assistant });
    const id = await north.action(SCENE.item, 'look', {}, async (act) => {
      // The server ends the session while the body runs.
      const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await ask('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
      return act.id;
    });
    assert.equal(await status(id), 'succeeded');
    await north.close();
    await pool.end();
  });

  test('a commit whose answer is lost is asked about again, and is one action', async () => {
    const item = await newItem();
    const proxy = await Cutting.before(URL, 'begin_action');
    const north = new Governor({ url: proxy.url, ...who() });
    const id = await north.action(item, 'look', { arguments: LETTER }, (act) => act.id);
    assert.equal(proxy.cut, 1, 'the connection was cut');
    assert.equal(await status(id), 'succeeded');
    assert.equal(await ask('SELECT count(*)::int FROM awgp.governed_actions WHERE work_item_id = $1', [item]), 1);
    await north.close();
    await proxy.close();
  });

  test('a conflict with another transaction is run again, and a refusal is not', async () => {
    let tries = 0;
    const failing = (code: string): PoolLike => ({
      connect: async () => {
        const client = await pool.connect();
        return {
          on: (event, listener) => client.on(event, listener),
          removeListener: (event, listener) => client.removeListener(event, listener),
          release: (error) => client.release(error),
          query: async (sql, values) => {
            if (sql.includes('begin_action')) {
              tries += 1;
              const raised = `DO $$ BEGIN RAISE EXCEPTION 'as it may be' USING ERRCODE = '${code}'; END $$`;
              if (tries < 3) await client.query(raised);
            }
            return client.query<Record<string, unknown>>(sql, values);
          },
        };
      },
    });
    const pool = new pg.Pool({ connectionString: URL });
    for (const code of ['40001', '40P01']) {
      tries = 0;
      await new Governor({ pool: failing(code), ...who() }).action(SCENE.item, 'look', {}, () => undefined);
      assert.equal(tries, 3, code);
    }
    tries = 0;
    const refused = new Governor({ pool: failing('55000'), ...who() }).action(SCENE.item, 'look', {}, never);
    await assert.rejects(refused, { code: '55000' });
    assert.equal(tries, 1);
    await pool.end();
  });
});

describe('refusing', () => {
  test('a denial is an error by its reason, and in the trail', async () => {
    const north = governor();
    const denials: [typeof Denied, string, object][] = [
      [CapabilityMissing, 'fly', {}],
      [LimitReached, 'look', { provider: 'openai', estimatedCost: '1000000' }],
      [NoCreditPool, 'look', { provider: 'nobody', estimatedCost: '1' }],
    ];
    const item = await newItem();
    for (const [kind, action, options] of denials) {
      await assert.rejects(north.action(item, action, options, never), (error) => {
        assert(error instanceof kind && error instanceof Denied && error instanceof AwgpError);
        assert.equal(error.name, kind.name);
        for (const text of [error.message, error.nextStep]) assert.doesNotMatch(text, /SELECT|awgp|metadata/);
        return error.hint !== '' && error.nextStep !== '' && error.reason !== undefined;
      });
    }
    const sql = "SELECT count(*)::int FROM awgp.audit_logs WHERE action = 'action.denied' AND entity_id = $1";
    assert.equal(await ask(sql, [item]), 3);
    await north.close();
  });

  test('what names nothing is named', async () => {
    const north = governor();
    await assert.rejects(north.action('zz', 'look', {}, never), (error) => {
      return error instanceof TypeError && error.message.includes("work item 'zz'");
    });
    await north.close();
    const nobody = new Governor({ url: URL, ...who(), assistant: 'nobody' });
    await assert.rejects(nobody.action(SCENE.item, 'look', {}, never), (error) => {
      assert(error instanceof AwgpError && error.reason === 'unknown_assistant');
      return error.message.includes('nobody') && error.hint.includes('assistant_list');
    });
    await nobody.close();
  });

  test('an error has its reason', async () => {
    const north = governor();
    await assert.rejects(north.action(randomUUID(), 'look', {}, never), { reason: 'unknown_work_item' });
    await north.close();
    const nobody = new Governor({ url: URL, tenant: 'nowhere', user: null, assistant: 'x' });
    await assert.rejects(nobody.action(randomUUID(), 'look', {}, never), { reason: 'unknown_tenant' });
    await nobody.close();
    const stranger = new Governor({ url: URL, tenant: SCENE.tenant, user: SCENE.operator, assistant: 'nobody' });
    await assert.rejects(stranger.action(SCENE.item, 'look', {}, never), { reason: 'unknown_assistant' });
    await stranger.close();
  });

  test('what cannot be meant is refused before anything is asked', async () => {
    const wrong: object[] = [
      { url: URL, assistant: 'x' },
      { tenant: 'north', user: 'x', assistant: 'x' },
      { url: URL, tenant: 'north', assistant: 'x' },
      { url: URL, tenant: 'north', user: '', assistant: 'x' },
      { url: URL, tenant: 'north', user: 'x', token: 'x', assistant: 'x' },
      { url: URL, token: 'x' },
    ];
    for (const options of wrong) {
      assert.throws(() => new Governor(options as ConstructorParameters<typeof Governor>[0]), TypeError);
    }
    const north = governor();
    for (const options of [
      { arguments: { amount: Number.NaN } },
      { arguments: { amount: 10n } },
      { arguments: () => undefined },
      { estimatedCost: 0.1 as unknown as string },
    ]) {
      await assert.rejects(north.action(SCENE.item, 'look', options, never), TypeError);
    }
    await assert.rejects(
      north.action(SCENE.item, 'look', {}, (act) => act.spent('gpt-4', { costAmount: 0.1 as unknown as string })),
      TypeError,
    );
    await north.close();
  });
});

describe('approving', () => {
  test('what is approved is what runs', async () => {
    const item = await newItem(4);
    const north = governor();
    await assert.rejects(north.action(item, 'look', { arguments: LETTER }, never), ApprovalNeeded);
    const request = await north.ask(item, 'look', LETTER, { title: 'May it be sent?' });
    assert.equal(request.isOpen, true);
    await decide('SELECT awgp.approve($1)', request.id);
    assert.equal((await north.approval(request.id)).isOpen, false);
    const other = { arguments: { ...LETTER, amount: 99 } };
    await assert.rejects(north.action(item, 'look', other, never), ArgumentsMismatch);
    const used = await north.action(item, 'look', { arguments: LETTER }, (act) => act.begun.approvalId);
    assert.equal(used, request.id);
    await north.close();
  });

  test('asking waits for the decision', async () => {
    const north = governor();
    const approved = await newItem(4);
    const waiting = north.action(approved, 'look', { arguments: LETTER, ask: 60 }, (act) => act.id);
    await decide('SELECT awgp.approve($1)', await openRequest(approved));
    assert.equal(await status(await waiting), 'succeeded');
    const rejected = await newItem(4);
    const denied = north.action(rejected, 'look', { arguments: LETTER, ask: 60 }, never);
    const refused = assert.rejects(denied, ApprovalRejected);
    await decide("SELECT awgp.reject($1, 'no')", await openRequest(rejected));
    await refused;
    await north.close();
  });

  test('a decision wakes whoever waits', async (context) => {
    const asking = governor();
    const request = await asking.ask(await newItem(4), 'look', LETTER);
    await asking.close();
    // Nobody looks now and then: this clock does not go.
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const north = governor();
    const waiting = north.wait(request.id, { seconds: 60 });
    while ((await listener()) === undefined);
    await decide('SELECT awgp.approve($1)', request.id);
    assert.equal((await waiting).status, 'approved');
    // Who does not wait does not listen.
    while ((await listener()) !== undefined);
    await north.close();
    context.mock.timers.reset();
  });

  test('who waits outlives the connection that listens, and makes another one', async () => {
    const north = governor();
    const request = await north.ask(await newItem(4), 'look', LETTER);
    const waiting = north.wait(request.id, { seconds: 60 });
    let first: unknown;
    while (first === undefined) first = await listener();
    await ask('SELECT pg_terminate_backend($1, 5000)', [first]);
    let next: unknown;
    while (next === undefined || next === first) next = await listener();
    await decide('SELECT awgp.approve($1)', request.id);
    assert.equal((await waiting).status, 'approved');
    await north.close();
  });

  // What ends in the middle of its greeting, the server closes after a minute.
  test('who stops waiting at once leaves no connection behind', { timeout: 50_000 }, async () => {
    const { hostname, port } = new globalThis.URL(URL);
    let greet = (): void => undefined;
    const greeted = new Promise<void>((resolve) => (greet = resolve));
    const proxy = createServer((socket) => {
      const server = connect(Number(port), hostname).once('data', greet);
      socket.pipe(server).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const through = new globalThis.URL(URL);
    through.host = `127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    const north = new Governor({ url: through.href, ...who() });
    const decided = { status: 'approved', action: null, arguments: null, rejectedReason: null, isOpen: false };
    north.approval = (id) => greeted.then(() => ({ id, ...decided }));
    await north.wait(randomUUID(), { seconds: 60 });
    await north.close();
    while (process.getActiveResourcesInfo().includes('TCPSocketWrap')) await new Promise(setImmediate);
    await new Promise((resolve) => proxy.close(resolve));
  });

  test('without notifications, looking now and then is enough', async () => {
    const pool = new pg.Pool({ connectionString: URL });
    // A pool that tells no options.
    const north = new Governor({ pool: { connect: () => pool.connect() }, ...who() });
    const request = await north.ask(await newItem(4), 'look', LETTER);
    const waiting = north.wait(request.id, { seconds: 60 });
    await decide("SELECT awgp.reject($1, 'no')", request.id);
    assert.equal((await waiting).rejectedReason, 'no');
    await pool.end();
  });

  test('who waits can be called off, and the request stays open', async () => {
    const north = governor();
    const item = await newItem(4);
    const stop = new AbortController();
    const waiting = north.action(item, 'look', { arguments: LETTER, ask: 60, signal: stop.signal }, never);
    const refused = assert.rejects(waiting, { name: 'AbortError' });
    const id = await openRequest(item);
    stop.abort();
    await refused;
    assert.equal((await north.approval(id)).isOpen, true);
    await north.close();
  });

  test('a question whose answer is lost is asked about again, and waits for its decision', async () => {
    const proxy = await Cutting.before(URL, 'request_action_approval');
    const north = new Governor({ url: proxy.url, ...who() });
    const item = await newItem(4);
    const waiting = north.action(item, 'look', { arguments: LETTER, ask: 60 }, (act) => act.id);
    await decide('SELECT awgp.approve($1)', await openRequest(item));
    assert.equal(await status(await waiting), 'succeeded');
    assert.equal(proxy.cut, 1, 'the connection was cut');
    await north.close();
    await proxy.close();
  });

  test('people are asked about each call while another one waits', async () => {
    const north = governor();
    const item = await newItem(4);
    const other = { arguments: { ...LETTER, amount: 99 } };
    await north.ask(item, 'look', LETTER);
    await assert.rejects(north.action(item, 'look', other, never), (error) => {
      assert(error instanceof ApprovalNeeded);
      return error.reason === 'approval_required' && error.openApproval === undefined;
    });
    await assert.rejects(north.action(item, 'look', { ...other, ask: 0 }, never), (error) => {
      assert(error instanceof ApprovalNeeded);
      return error.reason === 'approval_pending';
    });
    assert.equal(await ask('SELECT count(*)::int FROM awgp.approvals WHERE work_item_id = $1', [item]), 2);
    await north.close();
  });

  test('who does not want to wait longer is told so, and nobody is asked twice', async () => {
    const north = governor();
    const item = await newItem(4);
    for (const _ of [1, 2]) {
      await assert.rejects(north.action(item, 'look', { arguments: LETTER, ask: 0 }, never), (error) => {
        assert(error instanceof ApprovalNeeded);
        return error.reason === 'approval_pending' && error.openApproval !== undefined;
      });
    }
    assert.equal(await ask('SELECT count(*)::int FROM awgp.approvals WHERE work_item_id = $1', [item]), 1);
    await north.close();
  });
});

describe('functions', () => {
  const digest = 'SELECT arguments_digest FROM awgp.governed_actions WHERE id = $1';
  // SHA-256 of {"amount":10.5,"to":"ada@north.example"}
  const expected = 'c0ca721ff3779a8dbeae028541a6729e709272ea0f589ef353169e3743c0fd50';

  test('each call of a function is an action with its arguments', async () => {
    const north = governor();
    const seen: Act[] = [];
    const options = { provider: 'openai', estimatedCost: '1' };
    const look = governed(north, SCENE.item, options, async function look(letter: typeof LETTER) {
      const act = currentAct();
      assert(act !== undefined);
      act.spent('gpt-4', { costAmount: '0.5' });
      seen.push(act);
      return letter.to.toUpperCase();
    });
    assert.equal(await look(LETTER), 'ADA@NORTH.EXAMPLE');
    assert.equal(await ask(digest, [seen[0]?.id]), expected);
    assert.equal(seen[0]?.finished?.costAmount, '0.500000');
    assert.equal(currentAct(), undefined);
    await north.close();
  });

  test('a method keeps its object, and says the names of its arguments and its key itself', async () => {
    const north = governor();
    class Post {
      readonly from = 'north';
      look = governed(
        north,
        () => SCENE.item,
        {
          action: 'look',
          arguments: (to: string, amount: number) => ({ to, amount }),
          key: (to: string) => `${to} ${run}`,
        },
        function (this: Post, to: string, amount: number) {
          return [this.from, to, amount, currentAct()?.id] as const;
        },
      );
    }
    const run = randomUUID();
    const [from, to, amount, id] = await new Post().look(LETTER.to, LETTER.amount);
    assert.deepEqual([from, to, amount], ['north', LETTER.to, LETTER.amount]);
    assert.equal(await ask(digest, [id]), expected);
    await assert.rejects(new Post().look(LETTER.to, LETTER.amount), AlreadyActed);
    assert.throws(() => governed(north, SCENE.item, {}, () => undefined), TypeError);
    await north.close();
  });
});

/** The process of the server that listens for approvals, if there is one. */
function listener(): Promise<unknown> {
  return ask(`
    SELECT pid FROM pg_stat_activity
    WHERE query = 'LISTEN awgp_approvals' AND datname = current_database()`);
}

function who(): { tenant: string; user: string; assistant: string } {
  return { tenant: SCENE.tenant, user: SCENE.operator, assistant: SCENE.assistant };
}
