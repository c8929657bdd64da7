// An agent of the AI SDK whose tools and whose model are governed: node agent.mjs, with DATABASE_URL of a member of
// awgp_app, WORK_ITEM and OPENAI_API_KEY.

import { openai } from '@ai-sdk/openai';
import { stepCountIs, streamText, tool, wrapLanguageModel } from 'ai';
import { Governor, isRefusal } from 'awgp';
import { governModel, governTools } from 'awgp/ai';
import { z } from 'zod';

const north = new Governor({
  url: process.env.DATABASE_URL,
  tenant: 'north', user: 'runtime@north.example', assistant: 'scribe',
});
const workItem = process.env.WORK_ITEM;

const letter = z.object({ to: z.string(), text: z.string() });
const tools = governTools(north, workItem, {
  send_letter: tool({
    description: 'Sends a letter.',
    inputSchema: letter,
    execute: async ({ to }) => ({ sent_to: to }),      // runs only if it is allowed
  }),
  burn_letter: tool({
    description: 'Burns a letter.',
    inputSchema: letter,
    execute: async () => ({ burned: true }),
  }),
}, { tools: { send_letter: { ask: 3600 } } });

const model = wrapLanguageModel({
  model: openai('gpt-4.1-mini'),
  middleware: governModel(north, workItem, { estimatedCost: '0.05' }),
});

const stream = streamText({ model, tools, prompt: 'Burn my letter to Ada, or send it.', stopWhen: stepCountIs(5) });
for await (const part of stream.fullStream) {
  if (part.type === 'tool-result' && isRefusal(part.output)) console.log(`${part.toolName}: ${part.output.reason}`);
  else if (part.type === 'tool-result') console.log(`${part.toolName}:`, part.output);
  else if (part.type === 'error') throw part.error;
}
console.log(await stream.text);
await north.close();
