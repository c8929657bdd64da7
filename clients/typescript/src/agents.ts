/**
 * AWGP for the OpenAI Agents SDK (the package `@openai/agents`): tools whose calls are actions, guardrails
 * that ask AWGP, and a model whose calls are actions that are settled by the real usage.
 */

import { tool } from '@openai/agents';
import type {
  FunctionTool,
  InputGuardrail,
  Model,
  ModelRequest,
  ModelResponse,
  OutputGuardrail,
  RunContext,
  StreamEvent,
  ToolExecuteArgument,
  ToolInputParameters,
  ToolOptions,
  ToolOutputSchema,
  UnknownContext,
} from '@openai/agents';
import { within } from './act.js';
import type { OpenAct } from './act.js';
import { Denied, OutcomeUnknown } from './errors.js';
import { itemOf } from './governed.js';
import type { WorkItem } from './governed.js';
import { reported } from './governor.js';
import type { ActionOptions, Governor } from './governor.js';
import { CALL_MODEL, settle } from './modelcalls.js';
import type { ModelGovernance, ModelUsage } from './modelcalls.js';
import { isRefusal, refusal } from './refusal.js';
import { perform } from './toolcalls.js';
import type { ToolCall, ToolGovernance } from './toolcalls.js';

export type { ModelGovernance, ModelUsage } from './modelcalls.js';
export type { ToolCall, ToolGovernance } from './toolcalls.js';

interface Details {
  readonly toolCall?: { readonly callId: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}
type Execute<Context> = (input: unknown, context?: RunContext<Context>, details?: Details) => unknown;
/** What the SDK's tool() returns. */
type Tool<P extends ToolInputParameters, C, R, S extends ToolOutputSchema | undefined> = ReturnType<
  typeof tool<P, C, R, S>
>;

/**
 * The SDK's tool(), whose every call is an action of the assistant: it runs only if it is allowed. A denial
 * is the tool's result: the model reads the reason and what to do next.
 */
export function governedTool<
  Parameters extends ToolInputParameters = undefined,
  Context = UnknownContext,
  Result = string,
  Schema extends ToolOutputSchema | undefined = undefined,
>(
  governor: Governor,
  workItem: WorkItem,
  governance: ToolGovernance,
  definition: ToolOptions<Parameters, Context, Schema>,
): Tool<Parameters, Context, Result, Schema> {
  const execute = definition.execute as Execute<Context>;
  const made: FunctionTool<Context, any, any> = tool<Parameters, Context, Result, Schema>({
    ...definition,
    execute: async (input: ToolExecuteArgument<Parameters>, context?: RunContext<Context>, details?: Details) => {
      const call: ToolCall = { name: made.name, id: details?.toolCall?.callId, input };
      const body = () => execute(input, context, details);
      const result = await perform(governor, workItem, governance, call, details?.signal, body);
      if (!isRefusal(result)) return result;
      // A refusal does not fit the schema of the tool's results; its errorFunction says what does.
      if (definition.outputSchema !== undefined) throw new Denied(result.message, result.reason, result.next_step);
      return JSON.stringify(result);
    },
  } as ToolOptions<Parameters, Context, Schema>);
  return made as Tool<Parameters, Context, Result, Schema>;
}

/** What a guardrail asks AWGP. */
export interface GuardrailOptions extends Omit<ActionOptions, 'arguments' | 'key' | 'approval' | 'signal'> {
  /** The action, one of the assistant's capabilities. */
  readonly action: string;
  /** The name of the guardrail; awgp if nothing is said. */
  readonly name?: string | undefined;
}

/** How an input guardrail tells AWGP what comes in. */
export interface InputGuardrailOptions extends GuardrailOptions {
  /** The arguments of the action; none if nothing is said. */
  readonly arguments?: ((input: string | ModelRequest['input']) => unknown) | undefined;
}

/** How an output guardrail tells AWGP what goes out. */
export interface OutputGuardrailOptions extends GuardrailOptions {
  /** The arguments of the action; { output } if nothing is said, so that humans approve exactly this. */
  readonly arguments?: ((output: unknown) => unknown) | undefined;
}

/**
 * A guardrail before a run: it asks AWGP for an action, and the run stops if it is denied. `outputInfo` has
 * the reason and what to do next. The model is not called before it has answered.
 */
export function inputGuardrail(
  governor: Governor,
  workItem: WorkItem,
  options: InputGuardrailOptions,
): InputGuardrail {
  const { arguments: tell, ...rest } = options;
  return {
    name: options.name ?? 'awgp',
    runInParallel: false,
    execute: ({ input }) => asked(governor, workItem, rest, tell?.(input)),
  };
}

/** A guardrail for what an agent says at the end: it goes out only as an action that is allowed. */
export function outputGuardrail(
  governor: Governor,
  workItem: WorkItem,
  options: OutputGuardrailOptions,
): OutputGuardrail<any> {
  const { arguments: tell = (output: unknown) => ({ output }), ...rest } = options;
  return {
    name: options.name ?? 'awgp',
    execute: ({ agentOutput }) => asked(governor, workItem, rest, tell(agentOutput)),
  };
}

async function asked(
  governor: Governor,
  workItem: WorkItem,
  { action, name: _, ...rest }: GuardrailOptions,
  args: unknown,
): Promise<{ tripwireTriggered: boolean; outputInfo: unknown }> {
  try {
    const id = await governor.action(await itemOf(workItem), action, { ...rest, arguments: args }, (act) => act.id);
    return { tripwireTriggered: false, outputInfo: { allowed: true, action_id: id } };
  } catch (error) {
    const told = refusal(error);
    if (told === undefined) throw error;
    return { tripwireTriggered: true, outputInfo: told };
  }
}

/** The calls of a model of the SDK, which does not tell its name. */
export interface AgentModelGovernance extends ModelGovernance {
  readonly model: string;
  readonly provider: string;
}

/**
 * A model whose every call is an action: its estimated cost is set aside, and it is settled by the usage that
 * the provider reports, when the call or its stream ends. A denial is thrown as an error.
 */
export function governedModel(
  governor: Governor,
  workItem: WorkItem,
  options: AgentModelGovernance,
  model: Model,
): Model {
  const { action = CALL_MODEL, model: priced, cost, ...rest } = options;
  const open = async ({ signal }: ModelRequest): Promise<OpenAct> =>
    governor.open(await itemOf(workItem), action, { ...rest, signal });
  const usageOf = (usage: Counts): ModelUsage => counted(priced, usage);
  const advice = model.getRetryAdvice?.bind(model);
  return {
    ...(advice && { getRetryAdvice: advice }),
    async getResponse(request: ModelRequest): Promise<ModelResponse> {
      const act = await open(request);
      let response: ModelResponse;
      try {
        response = await within(act, () => model.getResponse(request));
      } catch (error) {
        await reported(act, error);
        throw error;
      }
      await settle(act, usageOf(response.usage), { cost });
      return response;
    },
    async *getStreamedResponse(request: ModelRequest): AsyncIterable<StreamEvent> {
      const act = await open(request);
      let end: unknown = new OutcomeUnknown('nobody waited for the end');
      try {
        for await (const event of within(act, () => model.getStreamedResponse(request))) {
          if (event.type === 'response_done') {
            end = undefined;
            await settle(act, usageOf(event.response.usage), { cost });
          }
          yield event;
        }
        end &&= new OutcomeUnknown('the stream broke off');
      } catch (error) {
        end &&= error;
        throw error;
      } finally {
        if (end !== undefined) await reported(act, end);
      }
    },
  };
}

/** The part of the SDK's usage that is counted. */
interface Counts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly inputTokensDetails?: Record<string, number> | Record<string, number>[] | undefined;
}

function counted(model: string, { inputTokens, outputTokens, inputTokensDetails }: Counts): ModelUsage {
  const details = inputTokensDetails === undefined ? [] : [inputTokensDetails].flat();
  const cached = details.reduce((sum, detail) => sum + (detail['cached_tokens'] ?? 0), 0);
  // A provider that tells nothing arrives as zeros.
  const told = inputTokens + outputTokens > 0;
  return {
    model,
    inputTokens: told ? inputTokens : undefined,
    outputTokens: told ? outputTokens : undefined,
    cachedTokens: cached,
  };
}
