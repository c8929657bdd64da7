// An agent of the OpenAI Agents SDK whose tools, runs and model are governed: node agent.mjs, with DATABASE_URL of a
// member of awgp_app, WORK_ITEM and OPENAI_API_KEY.

import { Agent, OpenAIProvider, Runner } from '@openai/agents';
import { Governor } from 'awgp';
import { governedModel, governedTool, inputGuardrail } from 'awgp/agents';
import { z } from 'zod';

const north = new Governor({
  url: process.env.DATABASE_URL,
  tenant: 'north', user: 'runtime@north.example', assistant: 'scribe',
});
const workItem = process.env.WORK_ITEM;

const letter = z.object({ to: z.string(), text: z.string() });
const sendLetter = governedTool(north, workItem, { ask: 3600 }, {
  name: 'send_letter',
  description: 'Sends a letter.',
  parameters: letter,
  execute: async ({ to }) => `sent to ${to}`,          // runs only if it is allowed
});
const burnLetter = governedTool(north, workItem, {}, {
  name: 'burn_letter',
  description: 'Burns a letter.',
  parameters: letter,
  execute: async () => 'burned',
});

const provider = new OpenAIProvider();
const gpt = { provider: 'openai', model: 'gpt-4.1-mini', estimatedCost: '0.05' };
const model = governedModel(north, workItem, gpt, await provider.getModel('gpt-4.1-mini'));

const agent = new Agent({
  name: 'Scribe',
  model,
  tools: [sendLetter, burnLetter],
  inputGuardrails: [inputGuardrail(north, workItem, { action: 'look' })],
});

const runner = new Runner({ tracingDisabled: true });
const run = await runner.run(agent, 'Burn my letter to Ada, or send it.', { stream: true });
for await (const event of run) {
  if (event.type === 'run_item_stream_event' && event.name === 'tool_output') console.log(event.item.output);
}
await run.completed;
console.log(run.finalOutput);
await north.close();
