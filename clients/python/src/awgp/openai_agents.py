"""The OpenAI Agents SDK, governed: a wrapper that makes a function a tool whose calls are actions, and a
guardrail that lets a run begin only if it is allowed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import httpx2
import openai
from agents import (
    Agent,
    FunctionTool,
    GuardrailFunctionOutput,
    InputGuardrail,
    ModelResponse,
    RunContextWrapper,
    RunHooks,
    function_tool,
)
from agents.tool_context import ToolContext

from .act import Act
from .aio import AsyncGovernor
from .errors import Denied, OutcomeUnknown
from .report import is_broken_off
from .tools import Terms, ToolCall, call_tool_async

WorkItem = UUID | str | Callable[[], UUID | str]


def broke_off(error: BaseException) -> bool:
    """Whether nobody knows what the model has done, and what it costs."""
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout)
    return is_broken_off(error, unsent=unsent, network=(httpx2.TransportError,), wrapped=(openai.APIConnectionError,))


def governed_tool(
    governor: AsyncGovernor, work_item: WorkItem, terms: Terms = Terms(), **options: Any
) -> Callable[[Callable[..., Any]], FunctionTool]:
    """Makes a function a tool of which each call is an action, with the arguments that the model gives.

        @governed_tool(north, work_item, Terms(ask=300))
        async def send_email(to: str, text: str) -> str: ...

    The options are those of the SDK's ``function_tool``. A denial, and an error of the function, are results
    that the model can read. The id that the model has given to a call is its key, so it happens once.
    """

    def decorate(function: Callable[..., Any]) -> FunctionTool:
        # Errors come out of the tool, so that the action knows of them.
        tool = function_tool(function, failure_error_function=None, **options)
        invoke = tool.on_invoke_tool

        async def governed(context: ToolContext[Any], given: str) -> Any:
            try:
                arguments = json.loads(given or "{}")
            except ValueError as error:
                return f"The arguments are not JSON: {error}"

            async def run(arguments: dict[str, Any]) -> Any:
                return await invoke(context, json.dumps(arguments))

            call = ToolCall(tool.name, arguments, context.tool_call_id)
            return (await call_tool_async(governor, _now(work_item), call, run, terms)).text

        tool.on_invoke_tool = governed
        return tool

    return decorate


class RunGuard:
    """Lets a run of agents begin only if it is allowed, and settles what its models cost.

        guard = RunGuard(north, work_item, "answer", provider="openai", estimated_cost="0.10")
        agent = Agent(name="Scribe", input_guardrails=[guard.guardrail], tools=[send_email])

        async with guard.run() as hooks:
            result = await Runner.run(agent, "Write to Ada.", hooks=hooks)

    The run is one action, and each answer of a model adds to its costs. The guardrail is asked before the
    first model is. Where it is denied, the SDK raises ``InputGuardrailTripwireTriggered``, and
    ``output_info`` of the guardrail's output has the reason and the next step. Consume a streamed run within
    the ``async with``.

    ``model`` is what the price list calls the model; by default it is the name that the agent has for it. The
    further options are those of :meth:`AsyncGovernor.action`.
    """

    def __init__(
        self, governor: AsyncGovernor, work_item: WorkItem, action: str, *, model: str | None = None, **options: Any
    ):
        self._governor = governor
        self._work_item = work_item
        self._action = action
        self._model = model
        self._options = {"unknown": broke_off, **options}
        self._hooks: ContextVar[Hooks | None] = ContextVar("awgp_run", default=None)
        #: For the ``input_guardrails`` of an agent, or of a RunConfig.
        self.guardrail: InputGuardrail[Any] = InputGuardrail(self._decide, name="awgp", run_in_parallel=False)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Hooks]:
        """A run; gives the hooks for it."""
        async with AsyncExitStack() as stack:
            hooks = Hooks(stack, self._model)
            token = self._hooks.set(hooks)
            try:
                yield hooks
            finally:
                self._hooks.reset(token)
            if hooks.is_asking:
                raise OutcomeUnknown("a model's answer has not ended: its stream was left before its end")

    async def _decide(self, _context: object, _agent: object, _input: object) -> GuardrailFunctionOutput:
        hooks = self._hooks.get()
        if hooks is None:
            raise RuntimeError("the agent runs outside of `async with guard.run() as hooks`")
        action = self._governor.action(_now(self._work_item), self._action, **self._options)
        try:
            hooks.act = await hooks.stack.enter_async_context(action)
        except Denied as denied:
            return GuardrailFunctionOutput(output_info=json.loads(denied.told()), tripwire_triggered=True)
        return GuardrailFunctionOutput(output_info={"action_id": str(hooks.act.id)}, tripwire_triggered=False)


class Hooks(RunHooks[Any]):
    """Adds up what the models of a run cost."""

    def __init__(self, stack: AsyncExitStack, model: str | None):
        self.stack = stack
        self.act: Act | None = None
        self.is_asking = False
        self._model = model

    async def on_llm_start(self, context: RunContextWrapper[Any], agent: Agent[Any], *_: object) -> None:
        """Before a model is asked."""
        if self.act is None:
            raise RuntimeError("the agent has no guardrail: Agent(input_guardrails=[guard.guardrail])")
        self.is_asking = True

    async def on_llm_end(self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse) -> None:
        """After it has answered."""
        self.is_asking = False
        usage = response.usage
        if self.act is not None:
            self.act.spent(
                self._model or _name_of(agent.model),
                usage.input_tokens,
                usage.output_tokens,
                cached_tokens=usage.input_tokens_details.cached_tokens or None,
            )


def _name_of(model: Any) -> str:
    name = model if isinstance(model, str) else getattr(model, "model", None)
    if not isinstance(name, str):
        raise ValueError("the agent does not say which model it asks: RunGuard(…, model=…)")
    return name


def _now(work_item: WorkItem) -> UUID | str:
    return work_item() if callable(work_item) else work_item
