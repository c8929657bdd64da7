// The AI SDK against a provider on the loopback.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, stepCountIs, streamText, tool, wrapLanguageModel } from 'ai';
import { AwgpError, Governor, LimitReached, currentAct } from 'awgp';
import { governModel, governTools } from 'awgp/ai';
import type { ModelGovernance } from 'awgp/ai';
import { z } from 'zod';
import { Provider } from './fakes.js';
import { LETTER, actions, decide, governor, newItem, openRequest } from './support.js';

let provider: Provider;
let north: Governor;
let item: string;
let sent: unknown[];

before(async () => {
  provider = await Provider.start();
  north = governor();
});
after(async () => {
  await north.close();
  await provider.stop();
});
beforeEach(async () => {
  item = await newItem();
  sent = [];
});

const openai = () => createOpenAI({ baseURL: provider.url, apiKey: 'none' });

const never = (): never => assert.fail('it is not called');

/** The two wire formats. */
const WIRES = { 'chat completions': 'chat', responses: 'responses' } as const;
type Wire = (typeof WIRES)[keyof typeof WIRES];

/** A model whose calls are actions. */
function modelOf(
  wire: Wire,
  governance: ModelGovernance = {},
  name = 'gpt-4.1-mini',
): ReturnType<typeof wrapLanguageModel> {
  const middleware = governModel(north, () => item, { estimatedCost: '0.50', ...governance });
  return wrapLanguageModel({ model: openai()[wire](name), middleware });
}

/** How the actions of the work item have ended. */
async function ends(): Promise<unknown[]> {
  return (await actions(item)).map((action) => (action as unknown[])[1]);
}

const sendEmail = tool({
  description: 'Sends a letter.',
  inputSchema: z.object({ to: z.string(), amount: z.number() }),
  execute: async (letter) => {
    sent.push(letter);
    return { sent_to: letter.to, act: currentAct()?.id };
  },
});

// Of 1000 tokens sent and 200 received.
const COST = '0.000720';

describe('models', () => {
  for (const [name, wire] of Object.entries(WIRES)) {
    test(`a call is settled by the usage that the provider reports, streaming too: ${name}`, async () => {
      const model = modelOf(wire);
      provider.will({ text: 'Dear Ada' }, { text: 'Dear Ada', usage: [1000, 200, 400] });
      assert.equal((await generateText({ model, prompt: 'a letter' })).text, 'Dear Ada');
      const stream = streamText({ model, prompt: 'a letter' });
      let said = '';
      for await (const part of stream.textStream) said += part;
      assert.equal(said, 'Dear Ada');
      assert.deepEqual(await actions(item), [
        ['call_model', 'succeeded', 'gpt-4.1-mini', 1000, 200, COST],
        // 600 at the price of a token sent, 400 at that of one from the cache.
        ['call_model', 'succeeded', 'gpt-4.1-mini', 1000, 200, '0.000600'],
      ]);
    });

    test(`a call that fails costs nothing, and of one that breaks off nobody knows: ${name}`, async () => {
      const model = modelOf(wire);
      const failed = async (reply: Parameters<Provider['will']>[0], signal?: AbortSignal): Promise<void> => {
        provider.will(reply, reply);
        const given = { model, prompt: 'a letter', maxRetries: 0, ...(signal && { abortSignal: signal }) };
        await assert.rejects(generateText(given));
        const stream = streamText({ ...given, onError: () => undefined });
        await stream.consumeStream();
        await assert.rejects(async () => stream.text);
      };
      await failed({ status: 401 });
      assert.deepEqual(await ends(), ['failed', 'failed']);
      item = await newItem();
      await failed({ text: 'Dear Ada, how are you', end: 'cut' });
      assert.deepEqual(await ends(), ['unknown', 'unknown']);
    });

    test(`of a call that is aborted, and of a stream that nobody reads to its end, nobody knows: ${name}`, async () => {
      const model = modelOf(wire);
      const stop = new AbortController();
      provider.will({ text: 'Dear Ada, how are you', end: 'never' }, { text: 'Dear Ada', end: 'never' });
      const stream = streamText({ model, prompt: 'a letter', abortSignal: stop.signal });
      for await (const part of stream.fullStream) if (part.type === 'text-delta') stop.abort();
      const again = new AbortController();
      const known = provider.requests.length;
      const waiting = assert.rejects(generateText({ model, prompt: 'a letter', abortSignal: again.signal }));
      while (provider.requests.length === known) await new Promise(setImmediate);
      again.abort();
      await waiting;
      provider.will({ text: 'Dear Ada, how are you', end: 'never' });
      const left = (await model.doStream({ prompt: [] })).stream.getReader();
      await left.read();
      await left.cancel();
      // The SDK does not wait for what it leaves.
      let ended = await ends();
      while (ended.includes('begun')) ended = await ends();
      assert.deepEqual(ended, ['unknown', 'unknown', 'unknown']);
    });
  }

  test('a call that the SDK repeats is an action for each time', async () => {
    provider.will({ status: 503 }, { text: 'Dear Ada' });
    await generateText({ model: modelOf('chat'), prompt: 'a letter', maxRetries: 1 });
    assert.deepEqual(await ends(), ['failed', 'succeeded']);
  });

  test('of a stream that ends without a word nobody knows, and one that fails may have cost something', async () => {
    const { wrapStream } = governModel(north, item, { provider: 'openai', model: 'gpt-4.1-mini', estimatedCost: '0.50' });
    type Given = Parameters<NonNullable<typeof wrapStream>>[0];
    const model = openai().chat('gpt-4.1-mini');
    const usage = {
      inputTokens: { total: 1000, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 200, text: undefined, reasoning: undefined },
    };
    const finish = { type: 'finish', finishReason: { unified: 'error', raw: undefined }, usage } as const;
    for (const parts of [[], [{ type: 'error', error: new RangeError('no') } as const, finish]]) {
      const doStream: Given['doStream'] = async () => ({ stream: ReadableStream.from(parts) as ReadableStream });
      const result = await wrapStream?.({ doStream, doGenerate: never, params: { prompt: [] }, model });
      for await (const _ of result?.stream ?? []);
    }
    assert.deepEqual(await actions(item), [
      ['call_model', 'unknown', null, null, null, null],
      ['call_model', 'failed', 'gpt-4.1-mini', 1000, 200, COST],
    ]);
  });

  test('what the provider does not tell is unknown, unless the program says what it cost', async () => {
    provider.will({ text: 'a', usage: null }, { text: 'b', usage: null });
    const model = modelOf('chat');
    await generateText({ model, prompt: 'a letter' });
    const known = modelOf('chat', { cost: ({ model: name }) => (name === 'gpt-4.1-mini' ? '0.25' : undefined) });
    await generateText({ model: known, prompt: 'a letter' });
    assert.deepEqual(await actions(item), [
      ['call_model', 'unknown', null, null, null, null],
      ['call_model', 'succeeded', 'gpt-4.1-mini', 0, 0, '0.250000'],
    ]);
  });

  test('a model without a price is an error, and its money stays held', async () => {
    provider.will({ text: 'a' }, { text: 'b' });
    const model = modelOf('chat', {}, 'gpt-unheard-of');
    await assert.rejects(generateText({ model, prompt: 'a letter' }), { reason: 'unknown_price' });
    const named = modelOf('chat', { model: 'gpt-4.1-mini' }, 'gpt-unheard-of');
    await generateText({ model: named, prompt: 'a letter' });
    assert.deepEqual(await actions(item), [
      ['call_model', 'unknown', null, null, null, null],
      ['call_model', 'succeeded', 'gpt-4.1-mini', 1000, 200, COST],
    ]);
  });

  test('a call that is denied does not reach the provider', async () => {
    const before = provider.requests.length;
    const model = modelOf('chat', { estimatedCost: '1000000' });
    await assert.rejects(generateText({ model, prompt: 'a letter' }), LimitReached);
    const stream = streamText({ model, prompt: 'a letter', onError: () => undefined });
    await stream.consumeStream();
    await assert.rejects(async () => stream.text);
    assert.equal(provider.requests.length, before);
  });
});

describe('tools', () => {
  const ask = (id: string, input: unknown, name = 'send_email') => ({ calls: [{ id, name, input }] });

  test('a call of a tool is an action, once for its id', async () => {
    const id = `call_${randomUUID()}`;
    const tools = governTools(north, item, { send_email: sendEmail });
    for (const _ of [1, 2]) {
      provider.will(ask(id, LETTER), { text: 'done' });
      const run = { model: openai().chat('gpt-4.1-mini'), prompt: 'send it', tools, stopWhen: stepCountIs(2) };
      assert.equal((await generateText(run)).text, 'done');
    }
    assert.deepEqual(sent, [LETTER]);
    const told = JSON.parse(provider.results()[id] ?? '') as Record<string, unknown>;
    assert.deepEqual([told['allowed'], told['reason']], [false, 'already_acted']);
    assert.deepEqual(await actions(item), [['send_email', 'succeeded', null, null, null, null]]);
  });

  test('a denial is what the model reads: the reason, and what to do next', async () => {
    const costly = { action: 'look', provider: 'openai', estimatedCost: '1000000' };
    for (const [tools, reason] of [
      [governTools(north, item, { fly: sendEmail }), 'capability_missing'],
      [governTools(north, item, { fly: sendEmail }, { tools: { fly: costly } }), 'budget_exceeded'],
    ] as const) {
      const id = `call_${randomUUID()}`;
      provider.will(ask(id, LETTER, 'fly'), { text: 'I may not' });
      const stream = streamText({ model: openai()('gpt-4.1-mini'), prompt: 'fly', tools, stopWhen: stepCountIs(2) });
      assert.equal(await stream.text, 'I may not');
      const told = JSON.parse(provider.results()[id] ?? '') as Record<string, unknown>;
      assert.deepEqual([told['allowed'], told['reason']], [false, reason]);
      assert.equal(typeof told['next_step'], 'string');
    }
    assert.deepEqual(sent, []);
  });

  test('a tool waits for the humans who are asked, and what they approve is what runs', async () => {
    item = await newItem(4);
    const tools = governTools(north, () => item, { send_email: sendEmail }, { ask: 60 });
    provider.will(ask(`call_${randomUUID()}`, LETTER), { text: 'done' });
    const run = generateText({ model: openai()('gpt-4.1-mini'), prompt: 'send it', tools, stopWhen: stepCountIs(2) });
    await decide('SELECT awgp.approve($1)', await openRequest(item));
    await run;
    assert.deepEqual(sent, [LETTER]);
  });

  test('a tool that fails has failed, and the model is told by the SDK', async () => {
    const tools = governTools(north, item, {
      send_email: tool({
        inputSchema: z.object({}),
        execute: (): string => {
          throw new RangeError('no such address');
        },
      }),
    });
    const id = `call_${randomUUID()}`;
    provider.will(ask(id, {}), { text: 'it failed' });
    await generateText({ model: openai()('gpt-4.1-mini'), prompt: 'send it', tools, stopWhen: stepCountIs(2) });
    assert.match(provider.results()[id] ?? '', /no such address/);
    assert.deepEqual(await actions(item), [['send_email', 'failed', null, null, null, null]]);
  });

  test('a tool that tells its progress is one action, and its last word is the result', async () => {
    const tools = governTools(north, item, {
      send_email: tool({
        inputSchema: z.object({}),
        async *execute() {
          yield 'sending';
          yield `sent by ${currentAct() === undefined ? 'nobody' : 'an action'}`;
        },
        toModelOutput: ({ output }) => ({ type: 'text', value: output.toUpperCase() }),
      }),
    });
    const id = `call_${randomUUID()}`;
    for (const _ of [1, 2]) {
      provider.will(ask(id, {}), { text: 'done' });
      const stream = streamText({ model: openai()('gpt-4.1-mini'), prompt: 'send it', tools, stopWhen: stepCountIs(2) });
      await stream.consumeStream();
      if (_ === 1) assert.equal(provider.results()[id], 'SENT BY AN ACTION');
    }
    // The refusal, which the tool's own words do not fit.
    assert.match(provider.results()[id] ?? '', /already_acted/);
    assert.deepEqual(await actions(item), [['send_email', 'succeeded', null, null, null, null]]);
  });

  test('of a tool that nobody waits for nobody knows, and it ends', async () => {
    let ended = false;
    const { send_email } = governTools(north, item, {
      send_email: tool({
        inputSchema: z.object({}),
        async *execute() {
          try {
            yield 'sending';
            yield never();
          } finally {
            ended = true;
          }
        },
      }),
    });
    const parts = send_email.execute?.({}, { toolCallId: randomUUID(), messages: [] });
    for await (const _ of parts as AsyncIterable<string>) break;
    assert.equal(ended, true);
    assert.deepEqual(await ends(), ['unknown']);
  });

  test('what is no refusal is thrown, and a tool that runs elsewhere is refused', async () => {
    const tools = governTools(north, randomUUID(), { send_email: sendEmail });
    await assert.rejects(
      async () => tools.send_email.execute?.(LETTER, { toolCallId: 'x', messages: [] }),
      (error) => error instanceof AwgpError && error.reason === 'unknown_work_item',
    );
    assert.throws(() => governTools(north, item, { there: tool({ inputSchema: z.object({}) }) }), TypeError);
  });
});
