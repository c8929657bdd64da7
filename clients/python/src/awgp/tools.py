"""A tool that a model calls, as an action. Whatever becomes of it, the model gets an answer that it can
read."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from .aio import AsyncGovernor
from .answers import Approval
from .errors import AlreadyActed, ArgumentsMismatch, AwgpError, Denied
from .governor import Governor
from .next_steps import NEXT_STEPS
from .report import UNKNOWN, Amount, Unknown, outcome_of


@dataclass(frozen=True)
class ToolCall:
    """What a model wants to call. ``key`` is the id that the provider has given to the call: however often
    the call is repeated, also after a restart, it happens once."""

    name: str
    arguments: Mapping[str, Any]
    key: str | None = None
    approval: UUID | None = None


@dataclass(frozen=True)
class Terms:
    """On what terms tools are called: see :meth:`Governor.action`."""

    provider: str | None = None
    estimated_cost: Amount = None
    seconds: float = 900.0
    ask: float | None = None
    unknown: Unknown = UNKNOWN
    #: Whether the id of a call makes it happen once. Some providers give one id to several calls.
    once: bool = True

    def of(self, call: ToolCall) -> dict[str, Any]:
        """The same for one call."""
        return {
            "arguments": dict(call.arguments),
            "provider": self.provider,
            "estimated_cost": self.estimated_cost,
            "seconds": self.seconds,
            "key": call.key if self.once else None,
            "approval": call.approval,
            "ask": self.ask,
            "unknown": self.unknown,
        }


@dataclass(frozen=True)
class ToolAnswer:
    """What the model gets. ``value`` is what the tool has returned, ``note`` what is to be said before it,
    and ``refusal`` what AWGP has said in its place."""

    text: str
    is_error: bool = False
    value: Any = None
    note: str = ""
    refusal: AwgpError | None = None


class _Running:
    """Keeps a tool's own errors apart from those of AWGP and of the database, which are the program's to
    handle."""

    def __init__(self, unknown: Unknown):
        self._unknown = unknown
        self._error: Exception | None = None

    @contextmanager
    def tool(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._error = error
            raise

    def answer(self, error: Exception) -> ToolAnswer:
        """The answer for a tool that was denied or has failed."""
        # The call was repeated after it had run with what an approver had changed.
        was_changed = isinstance(error, AwgpError) and error.reason == "idempotency_conflict"
        if isinstance(error, (Denied, AlreadyActed)) or was_changed and error is not self._error:
            assert isinstance(error, AwgpError)
            return ToolAnswer(error.told(), is_error=True, refusal=error)
        if error is not self._error:
            raise error
        reason = "outcome_unknown" if outcome_of(error, self._unknown) == "unknown" else "tool_failed"
        said = {"allowed": True, "reason": reason, "message": f"{type(error).__name__}: {error}"}
        said["next_step"] = NEXT_STEPS[reason]
        return ToolAnswer(json.dumps(said, ensure_ascii=False), is_error=True)


def call_tool(
    governor: Governor,
    work_item: UUID | str,
    call: ToolCall,
    run: Callable[[dict[str, Any]], Any],
    terms: Terms = Terms(),
) -> ToolAnswer:
    """Calls a tool as an action of its name."""
    running = _Running(terms.unknown)

    def act(call: ToolCall) -> Any:
        with governor.action(work_item, call.name, **terms.of(call)), running.tool():
            return run(dict(call.arguments))

    try:
        try:
            return answered(act(call))
        except ArgumentsMismatch as mismatch:
            number = mismatch.facts.get("approval_id")
            changed = edited(call, governor.approval(UUID(number))) if number else None
            if changed is None:
                raise
        return answered(act(changed), changed)
    except Exception as error:
        return running.answer(error)


async def call_tool_async(
    governor: AsyncGovernor,
    work_item: UUID | str,
    call: ToolCall,
    run: Callable[[dict[str, Any]], Awaitable[Any]],
    terms: Terms = Terms(),
) -> ToolAnswer:
    """The same for asyncio."""
    running = _Running(terms.unknown)

    async def act(call: ToolCall) -> Any:
        async with governor.action(work_item, call.name, **terms.of(call)):
            with running.tool():
                return await run(dict(call.arguments))

    try:
        try:
            return answered(await act(call))
        except ArgumentsMismatch as mismatch:
            number = mismatch.facts.get("approval_id")
            changed = edited(call, await governor.approval(UUID(number))) if number else None
            if changed is None:
                raise
        return answered(await act(changed), changed)
    except Exception as error:
        return running.answer(error)


def edited(call: ToolCall, approval: Approval) -> ToolCall | None:
    """The call as an approver has changed it; None if the approval is not one of this call."""
    if approval.requested_arguments is None or approval.requested_arguments != dict(call.arguments):
        return None
    return replace(call, arguments=approval.arguments, approval=approval.id)


def answered(value: Any, changed: ToolCall | None = None) -> ToolAnswer:
    """The answer of a tool that has run."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if changed is None:
        return ToolAnswer(text, value=value)
    arguments = json.dumps(changed.arguments, ensure_ascii=False)
    note = f"A person has approved it with other arguments, and it was called with those: {arguments}\n"
    return ToolAnswer(note + text, value=value, note=note)
