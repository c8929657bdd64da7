"""The agent loop of Anthropic's SDK, governed: each answer of the model is an action that is settled by its
usage, and each call of a tool is one with the model's arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import anthropic
import httpx2
from anthropic.lib.tools import BetaAsyncFunctionTool, BetaFunctionTool
from anthropic.types import Message, MessageParam, ToolResultBlockParam, ToolUseBlock, Usage

from .act import Act
from .aio import AsyncGovernor
from .governor import Governor
from .report import Amount, is_broken_off
from .tools import Terms, ToolAnswer, ToolCall, call_tool, call_tool_async

def broke_off(error: BaseException) -> bool:
    """Whether nobody knows what the model has done, and what it costs."""
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout)
    return is_broken_off(error, unsent=unsent, network=(httpx2.TransportError,), wrapped=(anthropic.APIConnectionError,))


def settle(act: Act, model: str, usage: Usage, cost: Callable[[Usage], Amount] | None = None) -> None:
    """Says what an answer has cost. What the provider takes for writing into its cache is in no price list;
    where it matters, let ``cost`` compute the amount."""
    act.spent(
        model,
        usage.input_tokens + (usage.cache_creation_input_tokens or 0),
        usage.output_tokens,
        cached_tokens=usage.cache_read_input_tokens or None,
        cost_amount=cost(usage) if cost else None,
    )


@dataclass
class _Loop:
    """What both loops have in common. ``parameters`` are further ones of the SDK's ``messages.create()``,
    such as ``system``. ``on_text`` makes the answers stream, and gets each piece of text."""

    work_item: UUID | str
    model: str
    max_tokens: int
    #: The action of asking the model.
    action: str = "answer"
    provider: str = "anthropic"
    estimated_cost: Amount = None
    cost: Callable[[Usage], Amount] | None = None
    #: How many seconds to wait for the approval of a tool's call; None: it is denied at once.
    ask: float | None = None
    turns: int = 20
    on_text: Callable[[str], object] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def _request(self, messages: Iterable[MessageParam], tools: Iterable[Any]) -> dict[str, Any]:
        described = [tool.to_dict() for tool in tools]
        with_tools = {"tools": described} if described else {}
        return {
            "model": self.model,
            "max_tokens": self.max_tokens,
            "messages": list(messages),
            **with_tools,
            **self.parameters,
        }

    def _terms_of_answers(self) -> dict[str, Any]:
        return {"provider": self.provider, "estimated_cost": self.estimated_cost, "unknown": broke_off}

    def _settle(self, act: Act, usage: Usage) -> None:
        settle(act, self.model, usage, self.cost)

    def _is_over(self, message: Message, messages: list[MessageParam]) -> bool:
        messages.append({"role": "assistant", "content": list(message.content)})
        return message.stop_reason not in ("tool_use", "pause_turn")


@dataclass
class AgentLoop(_Loop):
    """Asks the model, calls the tools that it wants, and asks again, until it has answered.

        loop = AgentLoop(work_item, "claude-sonnet-4-5", 1024, client=Anthropic(), governor=north,
        tools=[send_email]) message = loop.run([{"role": "user", "content": "Write to Ada."}])

    ``tools`` are those that the SDK's ``beta_tool`` makes. ``run()`` appends to the list of messages, so that
    it can be given to it again.
    """

    client: anthropic.Anthropic = field(kw_only=True)
    governor: Governor = field(kw_only=True)
    tools: Sequence[BetaFunctionTool[Any]] = field(default=(), kw_only=True)

    def run(self, messages: list[MessageParam]) -> Message:
        """Returns the answer that ends the loop. Raises :class:`Denied` if the model may not be asked."""
        for _ in range(self.turns):
            with self.governor.action(self.work_item, self.action, **self._terms_of_answers()) as act:
                message = self._answer(act, messages)
            if self._is_over(message, messages):
                return message
            results = [self._result(use) for use in message.content if isinstance(use, ToolUseBlock)]
            if results:
                messages.append({"role": "user", "content": results})
        raise RuntimeError(f"the model has not come to an end in {self.turns} turns")

    def _answer(self, act: Act, messages: list[MessageParam]) -> Message:
        request = self._request(messages, self.tools)
        if self.on_text is None:
            message: Message = self.client.messages.create(**request)
        else:
            with self.client.messages.stream(**request) as stream:
                try:
                    for text in stream.text_stream:
                        self.on_text(text)
                    message = stream.get_final_message()
                except anthropic.APIStatusError:
                    # The provider says that it has failed, in the middle of its answer.
                    self._settle(act, stream.current_message_snapshot.usage)
                    raise
        self._settle(act, message.usage)
        return message

    def _result(self, use: ToolUseBlock) -> ToolResultBlockParam:
        tool = next((tool for tool in self.tools if tool.name == use.name), None)
        if tool is None:
            return no_such_tool(use)
        call = ToolCall(use.name, use.input, use.id)
        return result(use, call_tool(self.governor, self.work_item, call, tool.call, Terms(ask=self.ask)))


@dataclass
class AsyncAgentLoop(_Loop):
    """The same for asyncio, with tools that the SDK's ``beta_async_tool`` makes."""

    client: anthropic.AsyncAnthropic = field(kw_only=True)
    governor: AsyncGovernor = field(kw_only=True)
    tools: Sequence[BetaAsyncFunctionTool[Any]] = field(default=(), kw_only=True)

    async def run(self, messages: list[MessageParam]) -> Message:
        """Returns the answer that ends the loop. Raises :class:`Denied` if the model may not be asked."""
        for _ in range(self.turns):
            async with self.governor.action(self.work_item, self.action, **self._terms_of_answers()) as act:
                message = await self._answer(act, messages)
            if self._is_over(message, messages):
                return message
            results = [await self._result(use) for use in message.content if isinstance(use, ToolUseBlock)]
            if results:
                messages.append({"role": "user", "content": results})
        raise RuntimeError(f"the model has not come to an end in {self.turns} turns")

    async def _answer(self, act: Act, messages: list[MessageParam]) -> Message:
        request = self._request(messages, self.tools)
        if self.on_text is None:
            message: Message = await self.client.messages.create(**request)
        else:
            async with self.client.messages.stream(**request) as stream:
                try:
                    async for text in stream.text_stream:
                        self.on_text(text)
                    message = await stream.get_final_message()
                except anthropic.APIStatusError:
                    self._settle(act, stream.current_message_snapshot.usage)
                    raise
        self._settle(act, message.usage)
        return message

    async def _result(self, use: ToolUseBlock) -> ToolResultBlockParam:
        tool = next((tool for tool in self.tools if tool.name == use.name), None)
        if tool is None:
            return no_such_tool(use)
        call = ToolCall(use.name, use.input, use.id)
        return result(use, await call_tool_async(self.governor, self.work_item, call, tool.call, Terms(ask=self.ask)))


def result(use: ToolUseBlock, answer: ToolAnswer) -> ToolResultBlockParam:
    """What the model gets for a call of a tool. A tool of the SDK may answer with blocks instead of a
    text."""
    content = answer.value if isinstance(answer.value, list) else answer.text
    return {"type": "tool_result", "tool_use_id": use.id, "content": content, "is_error": answer.is_error}


def no_such_tool(use: ToolUseBlock) -> ToolResultBlockParam:
    """A model may name a tool that is not there."""
    return result(use, ToolAnswer(f"There is no tool {use.name}.", is_error=True))
