// The programs of docs/clients, as they are: PROGRAMS is a folder with a copy of them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Provider } from './fakes.js';
import { actions, decide, newItem, openRequest } from './support.js';

const LETTER = { to: 'ada@north.example', text: 'Dear Ada' };

/**
 * Runs a program while an admin approves what it asks for; answers what it prints, and what its model has
 * read.
 */
async function told(program: string): Promise<[string, Record<string, string>, unknown[]]> {
  const provider = await Provider.start();
  const [burn, send] = [`call_${randomUUID()}`, `call_${randomUUID()}`] as const;
  provider.will(
    { calls: [{ id: burn, name: 'burn_letter', input: LETTER }] },
    { calls: [{ id: send, name: 'send_letter', input: LETTER }], usage: [1200, 100] },
    { text: 'Your letter is sent.', usage: [1300, 50] },
  );
  const item = await newItem();
  const env = { ...process.env, WORK_ITEM: item, OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'none' };
  const running = promisify(execFile)(process.execPath, [`${process.env['PROGRAMS'] ?? ''}/${program}/agent.mjs`], { env });
  const approving = openRequest(item).then((id) => decide('SELECT awgp.approve($1)', id));
  const { stdout } = await running;
  await approving;
  const read = provider.results();
  await provider.stop();
  return [stdout, { burn: read[burn] ?? '', send: read[send] ?? '' }, await actions(item)];
}

const CALLS = [
  ['call_model', 'succeeded', 'gpt-4.1-mini', 1000, 200, '0.000720'],
  ['call_model', 'succeeded', 'gpt-4.1-mini', 1200, 100, '0.000640'],
  ['send_letter', 'succeeded', null, null, null, null],
  ['call_model', 'succeeded', 'gpt-4.1-mini', 1300, 50, '0.000600'],
];

test('the program of the AI SDK reads a denial, waits for an approval, and is settled', async () => {
  const [said, read, performed] = await told('vercel-ai-sdk');
  assert.equal(said, "burn_letter: capability_missing\nsend_letter: { sent_to: 'ada@north.example' }\nYour letter is sent.\n");
  assert.equal((JSON.parse(read['burn'] ?? '') as Record<string, unknown>)['reason'], 'capability_missing');
  assert.deepEqual(JSON.parse(read['send'] ?? ''), { sent_to: 'ada@north.example' });
  assert.deepEqual(performed, CALLS);
});

test('the program of the Agents SDK reads a denial, waits for an approval, and is settled', async () => {
  const [said, read, performed] = await told('openai-agents-js');
  const [burned, ...rest] = said.split('\n');
  assert.equal(burned, read['burn']);
  assert.equal((JSON.parse(read['burn'] ?? '') as Record<string, unknown>)['reason'], 'capability_missing');
  assert.deepEqual(rest, ['sent to ada@north.example', 'Your letter is sent.', '']);
  assert.deepEqual(performed, [['look', 'succeeded', null, null, null, null], ...CALLS]);
});
