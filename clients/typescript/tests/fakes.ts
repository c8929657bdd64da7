// A provider on the loopback that speaks OpenAI's wire formats: chat completions and responses, as JSON and
// as a stream of events, with usage. It answers what a test has laid ready, in this order.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the model. */
export interface Reply {
  readonly text?: string;
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly input: unknown }[];
  /** Tokens sent, received, and from the cache; null: the provider tells none. */
  readonly usage?: readonly [number, number, number?] | null;
  /** An error of HTTP in place of an answer. */
  readonly status?: number;
  /** How it ends: whole, cut off within the answer, or never. */
  readonly end?: 'whole' | 'cut' | 'never';
}

type Message = Record<string, unknown>;

export class Provider {
  /** The bodies of requests, in their order. */
  readonly requests: Message[] = [];
  readonly #replies: Reply[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<Provider> {
    const provider = new Provider();
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve));
    return provider;
  }

  /** What an SDK takes as its base URL. */
  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/v1`;
  }

  /** Lays answers ready. */
  will(...replies: Reply[]): void {
    this.#replies.push(...replies);
  }

  /** The results of tools that the model has read last, by the id of the call. */
  results(): Record<string, string> {
    const body = this.requests.at(-1) ?? {};
    const items = (body['messages'] ?? body['input'] ?? []) as Message[];
    const results = items.filter((item) => item['role'] === 'tool' || item['type'] === 'function_call_output');
    return Object.fromEntries(
      results.map((item) => [String(item['tool_call_id'] ?? item['call_id']), text(item['content'] ?? item['output'])]),
    );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    const asked = JSON.parse(body) as Message;
    this.requests.push(asked);
    const reply = this.#replies.shift();
    if (reply === undefined || reply.status !== undefined) {
      response.writeHead(reply?.status ?? 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'no', type: 'invalid_request_error', param: null, code: null } }));
      return;
    }
    const isChat = request.url?.endsWith('/chat/completions') ?? false;
    if (asked['stream'] === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = isChat ? chatEvents(asked, reply) : responseEvents(asked, reply);
      // Cut off or never ending: after half of it.
      const half = reply.end === 'cut' || reply.end === 'never';
      const sent = half ? events.slice(0, Math.ceil(events.length / 2)) : events;
      for (const event of sent) response.write(event);
      finish(response, reply);
      return;
    }
    const whole = JSON.stringify(isChat ? chat(asked, reply) : completed(asked, reply));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
    response.write(reply.end === 'cut' || reply.end === 'never' ? whole.slice(0, whole.length / 2) : whole);
    finish(response, reply);
  }
}

function finish(response: ServerResponse, { end }: Reply): void {
  if (end === 'cut') response.destroy();
  else if (end !== 'never') response.end();
}

function text(content: unknown): string {
  if (!Array.isArray(content)) return String(content);
  return (content as Message[]).map((part) => String(part['text'])).join('');
}

let number = 0;
const now = 1764400000;

function chatUsage({ usage = [1000, 200] }: Reply): Message | null {
  if (usage === null) return null;
  const [sent, received, cached = 0] = usage;
  return {
    prompt_tokens: sent,
    completion_tokens: received,
    total_tokens: sent + received,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function chatCalls({ calls = [] }: Reply): Message[] {
  return calls.map(({ id, name, input }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
}

function chat(asked: Message, reply: Reply): Message {
  const calls = chatCalls(reply);
  const message = { role: 'assistant', content: reply.text ?? null, ...(calls.length > 0 && { tool_calls: calls }) };
  const usage = chatUsage(reply);
  return {
    id: `chatcmpl-${String((number += 1))}`,
    object: 'chat.completion',
    created: now,
    model: asked['model'],
    choices: [{ index: 0, message, logprobs: null, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' }],
    ...(usage && { usage }),
  };
}

const data = (event: Message): string => `data: ${JSON.stringify(event)}\n\n`;

function chatEvents(asked: Message, reply: Reply): string[] {
  const id = `chatcmpl-${String((number += 1))}`;
  const chunk = (choices: unknown[], usage: Message | null = null): string =>
    data({ id, object: 'chat.completion.chunk', created: now, model: asked['model'], choices, usage });
  const delta = (part: Message, reason: string | null = null): string =>
    chunk([{ index: 0, delta: part, logprobs: null, finish_reason: reason }]);
  const calls = chatCalls(reply);
  const words = (reply.text ?? '').split(/(?<= )/).filter((word) => word !== '');
  const usage = chatUsage(reply);
  return [
    delta({ role: 'assistant', content: '' }),
    ...words.map((content) => delta({ content })),
    ...calls.map((call) => delta({ tool_calls: [call] })),
    delta({}, calls.length > 0 ? 'tool_calls' : 'stop'),
    ...(usage ? [chunk([], usage)] : []),
    'data: [DONE]\n\n',
  ];
}

function output(reply: Reply): Message[] {
  const calls = (reply.calls ?? []).map(({ id, name, input }) => ({
    id: `fc_${id}`,
    type: 'function_call',
    status: 'completed',
    call_id: id,
    name,
    arguments: JSON.stringify(input),
  }));
  if (reply.text === undefined) return calls;
  const content = [{ type: 'output_text', text: reply.text, annotations: [], logprobs: [] }];
  const id = `msg_${String((number += 1))}`;
  return [{ id, type: 'message', status: 'completed', role: 'assistant', content }, ...calls];
}

function response(asked: Message, status: string, items: Message[], usage: Message | null): Message {
  return {
    id: `resp_${String(number)}`,
    object: 'response',
    created_at: now,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: asked['model'],
    output: items,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage,
    user: null,
    metadata: {},
  };
}

function responseUsage({ usage = [1000, 200] }: Reply): Message | null {
  if (usage === null) return null;
  const [sent, received, cached = 0] = usage;
  return {
    input_tokens: sent,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: received,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: sent + received,
  };
}

function completed(asked: Message, reply: Reply): Message {
  number += 1;
  return response(asked, 'completed', output(reply), responseUsage(reply));
}

function responseEvents(asked: Message, reply: Reply): string[] {
  number += 1;
  let sequence = 0;
  const event = (type: string, fields: Message): string =>
    `event: ${type}\n${data({ type, sequence_number: (sequence += 1) - 1, ...fields })}`;
  const items = output(reply);
  const events = ['response.created', 'response.in_progress'].map((type) =>
    event(type, { response: response(asked, 'in_progress', [], null) }),
  );
  for (const [index, item] of items.entries()) {
    const at = { item_id: item['id'], output_index: index };
    events.push(
      ...(item['type'] === 'message' ? messageEvents(event, at, item, reply.text ?? '') : callEvents(event, at, item)),
      event('response.output_item.done', { output_index: index, item }),
    );
  }
  events.push(event('response.completed', { response: response(asked, 'completed', items, responseUsage(reply)) }));
  return events;
}

type Event = (type: string, fields: Message) => string;

function added(event: Event, at: Message, item: Message): string {
  const begun = { ...item, status: 'in_progress' };
  return event('response.output_item.added', { output_index: at['output_index'], item: begun });
}

function messageEvents(event: Event, at: Message, item: Message, said: string): string[] {
  const within = { ...at, content_index: 0 };
  const part = (words: string): Message => ({ type: 'output_text', text: words, annotations: [], logprobs: [] });
  return [
    added(event, at, { ...item, content: [] }),
    event('response.content_part.added', { ...within, part: part('') }),
    ...said.split(/(?<= )/).map((delta) => event('response.output_text.delta', { ...within, delta, logprobs: [] })),
    event('response.output_text.done', { ...within, text: said, logprobs: [] }),
    event('response.content_part.done', { ...within, part: part(said) }),
  ];
}

function callEvents(event: Event, at: Message, item: Message): string[] {
  return [
    added(event, at, { ...item, arguments: '' }),
    event('response.function_call_arguments.delta', { ...at, delta: item['arguments'] }),
    event('response.function_call_arguments.done', { ...at, arguments: item['arguments'] }),
  ];
}
