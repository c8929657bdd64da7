/**
 * AWGP for the AI SDK (the package `ai`): tools whose calls are actions, and a middleware by which the calls
 * of a model are actions that are settled by the real usage.
 */

import type { LanguageModelMiddleware, ToolExecutionOptions, ToolSet } from 'ai';
import { OpenAct, within } from './act.js';
import { OutcomeUnknown } from './errors.js';
import { itemOf } from './governed.js';
import type { WorkItem } from './governed.js';
import { reported } from './governor.js';
import type { Governor } from './governor.js';
import { CALL_MODEL, settle, spend } from './modelcalls.js';
import type { ModelGovernance, ModelUsage } from './modelcalls.js';
import { isRefusal } from './refusal.js';
import { opened, perform } from './toolcalls.js';
import type { ToolCall, ToolGovernance } from './toolcalls.js';

export type { ModelGovernance, ModelUsage } from './modelcalls.js';
export type { ToolCall, ToolGovernance } from './toolcalls.js';

/** How the calls of tools are performed: all of them, and single ones otherwise. */
export interface ToolsGovernance<T> extends ToolGovernance {
  readonly tools?: { readonly [name in keyof T]?: ToolGovernance } | undefined;
}

type Execute = (input: unknown, options: ToolExecutionOptions) => unknown;
type Wrap = Required<LanguageModelMiddleware>;
type Model = Parameters<Wrap['wrapStream']>[0]['model'];
type StreamResult = Awaited<ReturnType<Wrap['wrapStream']>>;
type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never;
type Usage = Awaited<ReturnType<Wrap['wrapGenerate']>>['usage'];

/**
 * Lets each call of each tool be an action of the assistant: it runs only if it is allowed. A denial is the
 * tool's result: the model reads the reason and what to do next.
 *
 * A tool without `execute` runs elsewhere, where nothing holds it back: it is refused.
 */
export function governTools<T extends ToolSet>(
  governor: Governor,
  workItem: WorkItem,
  tools: T,
  options: ToolsGovernance<T> = {},
): T {
  const { tools: single, ...common } = options;
  const governed = Object.entries(tools).map(([name, tool]) => {
    const execute = tool.execute as Execute | undefined;
    if (execute === undefined) {
      const why = 'has no execute, so AWGP cannot hold it back; add it beside these if it may run';
      throw new TypeError(`the tool ${name} ${why}`);
    }
    const governance: ToolGovernance = { ...common, ...single?.[name as keyof T] };
    const { toModelOutput } = tool;
    return [
      name,
      {
        ...tool,
        execute: isGenerator(execute)
          ? streaming(governor, workItem, governance, name, execute)
          : (input: unknown, given: ToolExecutionOptions) => {
              const call: ToolCall = { name, id: given.toolCallId, input };
              const body = () => last(execute(input, given));
              return perform(governor, workItem, governance, call, given.abortSignal, body);
            },
        // What a tool makes of its own result fits no refusal.
        ...(toModelOutput && {
          toModelOutput: (told: Parameters<typeof toModelOutput>[0]) =>
            isRefusal(told.output) ? { type: 'json', value: { ...told.output } } : toModelOutput(told),
        }),
      },
    ];
  });
  return Object.fromEntries(governed) as T;
}

/** A tool that tells its progress: the last value is its result. */
function streaming(
  governor: Governor,
  workItem: WorkItem,
  governance: ToolGovernance,
  name: string,
  execute: Execute,
): (input: unknown, given: ToolExecutionOptions) => AsyncIterable<unknown> {
  return async function* (input, given) {
    const call: ToolCall = { name, id: given.toolCallId, input };
    const act = await opened(governor, workItem, governance, call, given.abortSignal);
    if (!(act instanceof OpenAct)) {
      yield act;
      return;
    }
    const parts = within(act, () => execute(input, given)) as AsyncGenerator<unknown>;
    const following = (): Promise<IteratorResult<unknown>> => within(act, () => parts.next());
    let end: unknown = new OutcomeUnknown('nobody waited for the end');
    try {
      for (let next = await following(); !next.done; next = await following()) yield next.value;
      end = undefined;
    } catch (error) {
      end = error;
      throw error;
    } finally {
      if (end !== undefined) await reported(act, end);
      await parts.return(undefined);
    }
    await act.succeed();
  };
}

function isGenerator(execute: Execute): boolean {
  return execute.constructor.name === 'AsyncGeneratorFunction';
}

/** The result of a tool; the last value of one that tells its progress. */
async function last(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result)) return result;
  let value: unknown;
  for await (value of result as AsyncIterable<unknown>);
  return value;
}

/**
 * A middleware for wrapLanguageModel(): each call of the model is an action, its estimated cost is set aside,
 * and it is settled by the usage that the provider reports, when the call or its stream ends. A denial is
 * thrown as an error.
 */
export function governModel(
  governor: Governor,
  workItem: WorkItem,
  options: ModelGovernance = {},
): LanguageModelMiddleware {
  const { action = CALL_MODEL, model: priced, cost, provider, ...rest } = options;
  const open = async (model: Model, signal: AbortSignal | undefined): Promise<OpenAct> =>
    governor.open(await itemOf(workItem), action, { ...rest, provider: provider ?? providerOf(model), signal });
  const usageOf = (model: Model, usage: Usage): ModelUsage =>
    counted(provider ?? providerOf(model), priced ?? model.modelId, usage);
  return {
    specificationVersion: 'v3',
    async wrapGenerate({ doGenerate, model, params }) {
      const act = await open(model, params.abortSignal);
      const result = await performed(act, doGenerate);
      await settle(act, usageOf(model, result.usage), { cost });
      return result;
    },
    async wrapStream({ doStream, model, params }) {
      const act = await open(model, params.abortSignal);
      const result = await performed(act, doStream);
      return { ...result, stream: settling(act, result.stream, (usage) => usageOf(model, usage), { cost }) };
    },
  };
}

/** What a call of a model answers; if it fails, that is reported. */
async function performed<T>(act: OpenAct, call: () => PromiseLike<T>): Promise<T> {
  try {
    return await within(act, call);
  } catch (error) {
    await reported(act, error);
    throw error;
  }
}

/** A stream that ends its action: by its usage, or by how it broke off. */
function settling(
  act: OpenAct,
  stream: ReadableStream<StreamPart>,
  usageOf: (usage: Usage) => ModelUsage,
  governance: ModelGovernance,
): ReadableStream<StreamPart> {
  const reader = stream.getReader();
  let failure: { error: unknown } | undefined;
  // A stream that fails may still tell its usage before it closes.
  const see = async (part: StreamPart | undefined): Promise<void> => {
    if (part?.type === 'error') failure = { error: part.error };
    if (part?.type === 'finish' && failure === undefined) await settle(act, usageOf(part.usage), governance);
    if (part?.type === 'finish' && failure !== undefined) spend(act, usageOf(part.usage), governance);
    if (failure !== undefined && (part === undefined || part.type === 'finish')) await reported(act, failure.error);
    if (failure === undefined && part === undefined) await reported(act, new OutcomeUnknown('the stream broke off'));
  };
  return new ReadableStream<StreamPart>({
    async pull(controller) {
      let next: Awaited<ReturnType<typeof reader.read>>;
      try {
        next = await reader.read();
      } catch (error) {
        await reported(act, error);
        throw error;
      }
      await see(next.value);
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel(reason) {
      await reported(act, new OutcomeUnknown('nobody waited for the end', { cause: reason }));
      await reader.cancel(reason);
    },
  });
}

/** The provider as AWGP names it: of openai.responses, openai. */
function providerOf(model: Model): string {
  return model.provider.split('.', 1)[0] ?? model.provider;
}

/** Providers whose own count of tokens sent leaves out those from the cache (docs/prices.md). */
const WITHOUT_CACHED = new Set(['anthropic', 'bedrock', 'bedrock_converse', 'vertex_ai-anthropic_models']);

/** The usage as the provider counts it: the AI SDK includes tokens from the cache for all. */
function counted(provider: string, model: string, { inputTokens, outputTokens }: Usage): ModelUsage {
  const cached = inputTokens.cacheRead ?? 0;
  const left = WITHOUT_CACHED.has(provider) ? cached : 0;
  const sent = inputTokens.total === undefined ? undefined : inputTokens.total - left;
  return { model, inputTokens: sent, outputTokens: outputTokens.total, cachedTokens: inputTokens.cacheRead };
}
