"""LangGraph, governed: a node of tools that interrupts the graph until people have decided, and goes on in
another process, days later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.errors import GraphInterrupt
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command, Send, StateSnapshot, interrupt

from .aio import AsyncGovernor
from .answers import Approval
from .errors import ApprovalNeeded
from .governor import Governor
from .tools import Terms, ToolAnswer, ToolCall, call_tool, call_tool_async

WorkItem = UUID | str | Callable[[], UUID | str]
Message = ToolMessage | Command[Any]


def governed_tools(
    governor: Governor | AsyncGovernor,
    work_item: WorkItem,
    tools: Sequence[BaseTool | Callable[..., Any]],
    terms: Terms = Terms(),
) -> ToolNode:
    """A node in which each call of a tool is an action, with the arguments that the model gives.

        graph.add_node("tools", governed_tools(north, work_item, [send_email]))
        graph.add_conditional_edges("model", each_call("tools"))

    Where an approval is missing, people are asked for it, and the graph is interrupted with what they are
    asked. Resume it (:func:`resumed`) when they have decided, or at any time: while nobody has, it is
    interrupted again. A denial, and an error of a tool, are messages that the model can read. The id that the
    model has given to a call is its key, so it happens once, however often the node begins anew.

    With a :class:`Governor` the graph is invoked, with an :class:`AsyncGovernor` it is awaited.
    """
    if isinstance(governor, AsyncGovernor):
        return ToolNode(list(tools), handle_tool_errors=False, awrap_tool_call=_awaiting(governor, work_item, terms))
    return ToolNode(list(tools), handle_tool_errors=False, wrap_tool_call=_invoking(governor, work_item, terms))


def each_call(node: str) -> Callable[[Any], list[Send] | Literal["__end__"]]:
    """The edge from the model to the node of tools: each call is a task of its own, and the end where there
    is none. So a call that waits for its approval does not let the others begin anew."""

    def edge(state: Any) -> list[Send] | Literal["__end__"]:
        messages = state["messages"] if isinstance(state, dict) else state.messages
        calls = getattr(messages[-1], "tool_calls", [])
        return [Send(node, [call]) for call in calls] or "__end__"

    return edge


def resumed(state: StateSnapshot) -> Command[Any]:
    """What an interrupted graph is invoked with to go on: ``graph.invoke(resumed(graph.get_state(config)),
    config)``. What was decided is in the database."""
    return Command(resume={each.id: True for each in state.interrupts})


def _invoking(governor: Governor, work_item: WorkItem, terms: Terms) -> Any:
    def wrap(request: ToolCallRequest, execute: Callable[[ToolCallRequest], Message]) -> Message:
        if request.tool is None:
            return execute(request)
        call, item = _call_of(request), _now(work_item)

        def run(given: dict[str, Any]) -> Message:
            with _without_interrupts():
                return execute(_with(request, given))

        while True:
            answer = call_tool(governor, item, call, run, terms)
            if not isinstance(answer.refusal, ApprovalNeeded):
                return _message(request, answer)
            _wait_for(governor.ask(item, call.name, dict(call.arguments)))

    return wrap


def _awaiting(governor: AsyncGovernor, work_item: WorkItem, terms: Terms) -> Any:
    async def wrap(request: ToolCallRequest, execute: Callable[[ToolCallRequest], Awaitable[Message]]) -> Message:
        if request.tool is None:
            return await execute(request)
        call, item = _call_of(request), _now(work_item)

        async def run(given: dict[str, Any]) -> Message:
            with _without_interrupts():
                return await execute(_with(request, given))

        while True:
            answer = await call_tool_async(governor, item, call, run, terms)
            if not isinstance(answer.refusal, ApprovalNeeded):
                return _message(request, answer)
            _wait_for(await governor.ask(item, call.name, dict(call.arguments)))

    return wrap


def _wait_for(approval: Approval) -> None:
    """Interrupts the graph; returns when it is resumed."""
    interrupt({"approval_id": str(approval.id), "action": approval.action, "arguments": approval.arguments})


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A tool that interrupts has begun, and would begin once more: its action could not be told from a second
    one."""
    try:
        yield
    except GraphInterrupt as error:
        raise RuntimeError("a governed tool cannot interrupt the graph: ask before it, in a node of its own") from error


def _call_of(request: ToolCallRequest) -> ToolCall:
    return ToolCall(request.tool_call["name"], request.tool_call["args"], request.tool_call["id"])


def _with(request: ToolCallRequest, arguments: dict[str, Any]) -> ToolCallRequest:
    return request.override(tool_call={**request.tool_call, "args": arguments})


def _message(request: ToolCallRequest, answer: ToolAnswer) -> Message:
    """What the model gets."""
    message = answer.value
    if isinstance(message, ToolMessage) and answer.note:
        return message.model_copy(update={"content": f"{answer.note}{message.content}"})
    if isinstance(message, (ToolMessage, Command)):
        return message
    status: Literal["success", "error"] = "error" if answer.is_error else "success"
    call = request.tool_call
    return ToolMessage(answer.text, name=call["name"], tool_call_id=call["id"], status=status)


def _now(work_item: WorkItem) -> UUID | str:
    return work_item() if callable(work_item) else work_item
