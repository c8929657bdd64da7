"""LiteLLM, governed: a callback that settles what an action has spent by the usage that the providers
report."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import litellm
from litellm.exceptions import MidStreamFallbackError, Timeout
from litellm.integrations.custom_logger import CustomLogger

from .act import Act
from .aio import AsyncGovernor
from .errors import OutcomeUnknown
from .governor import Governor
from .report import Spent, is_broken_off

#: Providers whose own count of input leaves out what was in their cache. LiteLLM counts it for all of them.
_WITHOUT_CACHED = ("anthropic", "bedrock", "bedrock_converse", "vertex_ai-anthropic_models")

_scope: ContextVar[_Scope | None] = ContextVar("awgp_litellm", default=None)


def broke_off(error: BaseException) -> bool:
    """Whether nobody knows what the model has done, and what it costs."""
    unsent = (httpx.ConnectError, httpx.ConnectTimeout)
    return is_broken_off(error, unsent=unsent, network=(httpx.TransportError,), wrapped=(MidStreamFallbackError, Timeout))


class Costs(CustomLogger):
    """Settles the completions of an action.

        costs = Costs()
        litellm.callbacks.append(costs)

        with costs.action(north, work_item, "answer", provider="openai", estimated_cost="0.05"):
            litellm.completion(model="openai/gpt-4o", messages=messages)

    Each completion that begins within the ``with`` counts, whoever calls LiteLLM there, and several add up. A
    thread counts if it runs in a copy of the context, as asyncio's do. LiteLLM tells what was spent a moment
    after a completion has ended, so the end of the ``with`` waits for it, ``patience`` seconds at most. If a
    stream was left before its end it waits in vain: :class:`OutcomeUnknown` is raised, and the outcome is
    unknown.

    AWGP's price list gives the amounts. For a model that is not in it, the cost that LiteLLM computes is
    taken.
    """

    def __init__(self, patience: float = 10.0):
        super().__init__()
        self._patience = patience
        self._calls: dict[str, _Scope] = {}

    @contextmanager
    def action(self, governor: Governor, work_item: UUID | str, action: str, **options: Any) -> Iterator[Act]:
        """An action whose completions are settled; the options are those of :meth:`Governor.action`."""
        with governor.action(work_item, action, **self._with_unknown(options)) as act:
            with self._scope_of(act) as scope:
                try:
                    yield act
                except Exception:
                    scope.wait(self._patience)
                    raise
                self._all_have_ended(scope)

    @asynccontextmanager
    async def action_async(
        self, governor: AsyncGovernor, work_item: UUID | str, action: str, **options: Any
    ) -> AsyncIterator[Act]:
        """The same for asyncio."""
        async with governor.action(work_item, action, **self._with_unknown(options)) as act:
            with self._scope_of(act) as scope:
                try:
                    yield act
                except Exception:
                    await asyncio.to_thread(scope.wait, self._patience)
                    raise
                await asyncio.to_thread(self._all_have_ended, scope)

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        """LiteLLM is about to ask a provider."""
        scope = _scope.get()
        if scope is not None:
            self._calls[kwargs["litellm_call_id"]] = scope
            scope.begins(kwargs["litellm_call_id"])

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A provider has answered, and a stream has ended."""
        usage = getattr(response_obj, "usage", None)
        scope = self._calls.get(kwargs["litellm_call_id"])
        if scope is not None and usage is not None:
            scope.ends(kwargs["litellm_call_id"], spent(kwargs, usage))

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """A provider has not answered, or a stream has broken off."""
        scope = self._calls.get(kwargs["litellm_call_id"])
        if scope is not None:
            scope.ends(kwargs["litellm_call_id"], None)

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """The same, told in an event loop."""
        self.log_success_event(kwargs, response_obj, start_time, end_time)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        """The same, told in an event loop."""
        self.log_failure_event(kwargs, response_obj, start_time, end_time)

    @contextmanager
    def _scope_of(self, act: Act) -> Iterator[_Scope]:
        scope = _Scope(act, _scope.get())
        _scope.set(scope)
        try:
            yield scope
        finally:
            _scope.set(scope.outer)
            for number in scope.numbers:
                self._calls.pop(number, None)

    def _all_have_ended(self, scope: _Scope) -> None:
        if not scope.wait(self._patience):
            raise OutcomeUnknown("a completion has not ended: its stream was left before its end")
        if scope.error is not None:
            raise scope.error

    def _with_unknown(self, options: dict[str, Any]) -> dict[str, Any]:
        if self not in litellm.callbacks:
            raise RuntimeError("LiteLLM does not know this callback: litellm.callbacks.append(costs)")
        return {"unknown": broke_off, **options}


class _Scope:
    """The completions of one action. Callbacks come from other threads."""

    def __init__(self, act: Act, outer: _Scope | None):
        self.outer = outer
        self._act = act
        self._open: set[str] = set()
        self.numbers: set[str] = set()
        self._changed = threading.Condition()
        self.error: Exception | None = None

    def begins(self, number: str) -> None:
        with self._changed:
            self.numbers.add(number)
            self._open.add(number)

    def ends(self, number: str, spent: Spent | None) -> None:
        with self._changed:
            if number in self._open:
                self._open.remove(number)
                try:
                    if spent is not None:
                        self._act.report.add(spent)
                except Exception as error:
                    self.error = error
                self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Whether all have ended within these seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, seconds)


def spent(kwargs: dict[str, Any], usage: Any) -> Spent:
    """What a completion has cost, as LiteLLM tells it."""
    details = getattr(usage, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or 0
    left_out = cached if kwargs.get("custom_llm_provider") in _WITHOUT_CACHED else 0
    cost = kwargs.get("response_cost")
    return Spent(
        kwargs["model"],
        usage.prompt_tokens - left_out,
        usage.completion_tokens,
        cached_tokens=cached or None,
        otherwise=None if cost is None else Decimal(str(cost)),
    )
