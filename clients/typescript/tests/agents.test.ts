// The OpenAI Agents SDK against a provider on the loopback.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  Agent,
  InputGuardrailTripwireTriggered,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  OutputGuardrailTripwireTriggered,
  Runner,
} from '@openai/agents';
import type { Model } from '@openai/agents';
import { AwgpError, Governor, LimitReached, currentAct } from 'awgp';
import { governedModel, governedTool, inputGuardrail, outputGuardrail } from 'awgp/agents';
import type { ToolGovernance } from 'awgp/agents';
import OpenAI from 'openai';
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

const runner = new Runner({ tracingDisabled: true });
const MODEL = 'gpt-4.1-mini';
/** The two wire formats. */
const WIRES = { 'chat completions': OpenAIChatCompletionsModel, responses: OpenAIResponsesModel };
type Wire = (typeof WIRES)[keyof typeof WIRES];

function plain(Wire: Wire = OpenAIResponsesModel): Model {
  return new Wire(new OpenAI({ baseURL: provider.url, apiKey: 'none', maxRetries: 0 }), MODEL);
}

/** An agent the calls of whose model are actions. */
function agentOf(Wire: Wire, estimatedCost = '0.50', model = MODEL): Agent {
  const options = { provider: 'openai', model, estimatedCost };
  return new Agent({ name: 'Scribe', model: governedModel(north, () => item, options, plain(Wire)) });
}

function sendEmail(governance: ToolGovernance = {}, name = 'send_email') {
  return governedTool(north, () => item, governance, {
    name,
    description: 'Sends a letter.',
    parameters: z.object({ to: z.string(), amount: z.number() }),
    execute: async (letter) => {
      sent.push(letter);
      currentAct()?.result({ to: letter.to });
      return `sent to ${letter.to}`;
    },
  });
}

async function ends(): Promise<unknown[]> {
  return (await actions(item)).map((action) => (action as unknown[])[1]);
}

const asks = (id: string, input: unknown, name = 'send_email') => ({ calls: [{ id, name, input }] });

describe('models', () => {
  for (const [name, Wire] of Object.entries(WIRES)) {
    test(`a call is settled by the usage that the provider reports, streaming too: ${name}`, async () => {
      provider.will({ text: 'Dear Ada' }, { text: 'Dear Ada', usage: [1000, 200, 400] });
      const agent = agentOf(Wire);
      assert.equal((await runner.run(agent, 'a letter')).finalOutput, 'Dear Ada');
      const stream = await runner.run(agent, 'a letter', { stream: true });
      let said = '';
      for await (const part of stream.toTextStream()) said += part;
      await stream.completed;
      assert.equal(said, 'Dear Ada');
      assert.deepEqual(await actions(item), [
        ['call_model', 'succeeded', MODEL, 1000, 200, '0.000720'],
        ['call_model', 'succeeded', MODEL, 1000, 200, '0.000600'],
      ]);
    });

    test(`a call that fails costs nothing, and of one that breaks off nobody knows: ${name}`, async () => {
      const agent = agentOf(Wire);
      for (const [reply, end] of [
        [{ status: 401 }, 'failed'],
        [{ text: 'Dear Ada, how are you', end: 'cut' }, 'unknown'],
        [{ text: 'Dear Ada', usage: null }, 'unknown'],
      ] as const) {
        item = await newItem();
        provider.will(reply, reply);
        await runner.run(agent, 'a letter').catch(() => undefined);
        const stream = await runner.run(agent, 'a letter', { stream: true });
        await stream.completed.catch(() => undefined);
        assert.deepEqual(await ends(), [end, end], JSON.stringify(reply));
      }
    });
  }

  test('of a run that is aborted, and of a stream that nobody reads to its end, nobody knows', async () => {
    const stop = new AbortController();
    provider.will({ text: 'Dear Ada, how are you', end: 'never' });
    const known = provider.requests.length;
    const run = assert.rejects(runner.run(agentOf(OpenAIResponsesModel), 'a letter', { signal: stop.signal }));
    while (provider.requests.length === known) await new Promise(setImmediate);
    stop.abort();
    await run;
    provider.will({ text: 'Dear Ada, how are you', end: 'never' });
    const options = { provider: 'openai', model: MODEL };
    const request = { input: 'a letter', modelSettings: {}, outputType: 'text', tracing: false } as const;
    const model = governedModel(north, item, options, plain());
    for await (const _ of model.getStreamedResponse({ ...request, tools: [], handoffs: [] })) break;
    assert.deepEqual(await ends(), ['unknown', 'unknown']);
  });

  test('a call that is denied does not reach the provider, and a model without a price is an error', async () => {
    const known = provider.requests.length;
    await assert.rejects(runner.run(agentOf(OpenAIResponsesModel, '1000000'), 'a letter'), LimitReached);
    assert.equal(provider.requests.length, known);
    provider.will({ text: 'Dear Ada' });
    await assert.rejects(runner.run(agentOf(OpenAIResponsesModel, '0.50', 'gpt-unheard-of'), 'a letter'), {
      reason: 'unknown_price',
    });
    assert.deepEqual(await ends(), ['unknown']);
  });
});

describe('tools', () => {
  const agent = (...tools: ReturnType<typeof sendEmail>[]) => new Agent({ name: 'Scribe', model: plain(), tools });

  test('a call of a tool is an action, once for its id', async () => {
    const id = `call_${randomUUID()}`;
    for (const result of [`sent to ${LETTER.to}`, undefined]) {
      provider.will(asks(id, LETTER), { text: 'done' });
      assert.equal((await runner.run(agent(sendEmail()), 'send it')).finalOutput, 'done');
      if (result !== undefined) assert.equal(provider.results()[id], result);
    }
    assert.deepEqual(sent, [LETTER]);
    const told = JSON.parse(provider.results()[id] ?? '') as Record<string, unknown>;
    assert.deepEqual([told['allowed'], told['reason']], [false, 'already_acted']);
    assert.deepEqual(await actions(item), [['send_email', 'succeeded', null, null, null, null]]);
  });

  test('a denial is what the model reads: the reason, and what to do next', async () => {
    for (const [tool, reason] of [
      [sendEmail({}, 'fly'), 'capability_missing'],
      [sendEmail({ action: 'look', provider: 'openai', estimatedCost: '1000000' }, 'fly'), 'budget_exceeded'],
    ] as const) {
      const id = `call_${randomUUID()}`;
      provider.will(asks(id, LETTER, 'fly'), { text: 'I may not' });
      const stream = await runner.run(agent(tool), 'fly', { stream: true });
      await stream.completed;
      assert.equal(stream.finalOutput, 'I may not');
      const told = JSON.parse(provider.results()[id] ?? '') as Record<string, unknown>;
      assert.deepEqual([told['allowed'], told['reason']], [false, reason]);
      assert.equal(typeof told['next_step'], 'string');
    }
    assert.deepEqual(sent, []);
  });

  test('a tool waits for the humans who are asked, and what they approve is what runs', async () => {
    item = await newItem(4);
    provider.will(asks(`call_${randomUUID()}`, LETTER), { text: 'done' });
    const run = runner.run(agent(sendEmail({ ask: 60 })), 'send it');
    await decide('SELECT awgp.approve($1)', await openRequest(item));
    await run;
    assert.deepEqual(sent, [LETTER]);
  });

  test('a tool that fails has failed, and the model is told by the SDK', async () => {
    const failing = governedTool(north, item, {}, {
      name: 'send_email',
      description: 'Sends a letter.',
      parameters: z.object({}),
      execute: (): string => {
        throw new RangeError('no such address');
      },
    });
    const id = `call_${randomUUID()}`;
    provider.will(asks(id, {}), { text: 'it failed' });
    await runner.run(new Agent({ name: 'Scribe', model: plain(), tools: [failing] }), 'send it');
    assert.match(provider.results()[id] ?? '', /no such address/);
    assert.deepEqual(await ends(), ['failed']);
  });

  test('a tool whose results have a schema tells a denial by its errorFunction', async () => {
    const typed = governedTool(north, item, {}, {
      name: 'fly',
      description: 'Flies.',
      parameters: z.object({}),
      outputSchema: z.object({ flown: z.boolean(), why: z.string() }),
      execute: () => ({ flown: true, why: '' }),
      errorFunction: (_, error) => ({ flown: false, why: error instanceof AwgpError ? String(error.reason) : '' }),
    });
    const id = `call_${randomUUID()}`;
    provider.will(asks(id, {}, 'fly'), { text: 'I may not' });
    await runner.run(new Agent({ name: 'Scribe', model: plain(), tools: [typed] }), 'fly');
    assert.deepEqual(JSON.parse(provider.results()[id] ?? ''), { flown: false, why: 'capability_missing' });
  });
});

describe('guardrails', () => {
  test('a run that is denied does not reach the model', async () => {
    const known = provider.requests.length;
    const guarded = (action: string) =>
      new Agent({ name: 'Scribe', model: plain(), inputGuardrails: [inputGuardrail(north, item, { action })] });
    await assert.rejects(runner.run(guarded('fly'), 'a letter'), (error) => {
      assert(error instanceof InputGuardrailTripwireTriggered);
      const { outputInfo } = error.result.output as { outputInfo: Record<string, unknown> };
      return outputInfo['reason'] === 'capability_missing' && typeof outputInfo['next_step'] === 'string';
    });
    assert.equal(provider.requests.length, known);
    provider.will({ text: 'Dear Ada' });
    assert.equal((await runner.run(guarded('look'), 'a letter')).finalOutput, 'Dear Ada');
    assert.deepEqual(await actions(item), [['look', 'succeeded', null, null, null, null]]);
  });

  test('what an agent says goes out only as humans have approved it', async () => {
    item = await newItem(4);
    const guarded = new Agent({
      name: 'Scribe',
      model: plain(),
      outputGuardrails: [outputGuardrail(north, item, { action: 'send_email' })],
    });
    const refused = async (reason: string): Promise<void> => {
      await assert.rejects(runner.run(guarded, 'a letter'), (error) => {
        assert(error instanceof OutputGuardrailTripwireTriggered);
        return (error.result.output as { outputInfo: { reason: string } }).outputInfo.reason === reason;
      });
    };
    provider.will({ text: 'Dear Ada' }, { text: 'Dear Eve' }, { text: 'Dear Ada' });
    await refused('approval_required');
    const request = await north.ask(item, 'send_email', { output: 'Dear Ada' });
    await decide('SELECT awgp.approve($1)', request.id);
    await refused('arguments_mismatch');
    assert.equal((await runner.run(guarded, 'a letter')).finalOutput, 'Dear Ada');
  });
});
