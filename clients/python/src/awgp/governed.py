"""A function that is an action."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from .act import Act
from .aio import AsyncGovernor
from .governor import Governor
from .report import UNKNOWN, Amount, Unknown

P = ParamSpec("P")
R = TypeVar("R")


def governed(
    governor: Governor | AsyncGovernor,
    work_item: UUID | str | Callable[[], UUID | str],
    action: str | None = None,
    *,
    provider: str | None = None,
    estimated_cost: Amount = None,
    seconds: float = 900.0,
    ask: float | None = None,
    unknown: Unknown = UNKNOWN,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets each call of a function be an action of the assistant: it runs only if it is allowed.

    The action has the name of the function, or ``action``, and the arguments of the call, by their
    names; ``self`` and ``cls`` of a method are none of them. A parameter that is called ``act`` is given the
    :class:`Act`, to say what it cost; it is none of the arguments either. ``work_item`` may be a function
    that returns the work item of the moment.

    A function that is ``async`` takes an :class:`AsyncGovernor`, any other a :class:`Governor`. The action of
    a generator begins with its first value and ends with it; if it is left before its end, the outcome is
    unknown.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        described = _Described(function, action or function.__name__)
        is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        if is_async != isinstance(governor, AsyncGovernor):
            needed = "an AsyncGovernor" if is_async else "a Governor"
            raise TypeError(f"{function.__qualname__} needs {needed}")
        options: dict[str, Any] = {
            "provider": provider,
            "estimated_cost": estimated_cost,
            "seconds": seconds,
            "ask": ask,
            "unknown": unknown,
        }

        def begins(*args: Any, **kwargs: Any) -> Any:
            item = work_item() if callable(work_item) else work_item
            return governor.action(item, described.name, arguments=described.arguments(args, kwargs), **options)

        call = functools.wraps(function)(_like(function, described, begins))
        # What describes the function to a model does not see the act.
        setattr(call, "__signature__", described.signature)
        return cast("Callable[P, R]", call)

    return decorate


class _Described:
    """What is known of a function before it is called."""

    def __init__(self, function: Callable[..., Any], name: str):
        self.name = name
        whole = inspect.signature(function)
        parameters = list(whole.parameters)
        self._left_out = {"act", *(first for first in parameters[:1] if first in ("self", "cls"))}
        self._takes_act = "act" in parameters
        self.signature = whole.replace(
            parameters=[each for name, each in whole.parameters.items() if name != "act"]
        )

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by their names. A call that does not fit is refused before it is an
        action."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return {name: value for name, value in bound.arguments.items() if name not in self._left_out}

    def with_act(self, kwargs: dict[str, Any], act: Act) -> dict[str, Any]:
        """The keywords of a call, with the act for a function that takes it."""
        return {**kwargs, "act": act} if self._takes_act else kwargs


def _like(function: Callable[..., Any], described: _Described, begins: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the same kind."""
    if inspect.isasyncgenfunction(function):

        async def yield_later(*args: Any, **kwargs: Any) -> Any:
            async with begins(*args, **kwargs) as act:
                values = function(*args, **described.with_act(kwargs, act))
                try:
                    async for value in values:
                        yield value
                finally:
                    await values.aclose()

        return yield_later
    if inspect.iscoroutinefunction(function):

        async def call_later(*args: Any, **kwargs: Any) -> Any:
            async with begins(*args, **kwargs) as act:
                return await function(*args, **described.with_act(kwargs, act))

        return call_later
    if inspect.isgeneratorfunction(function):

        def yield_now(*args: Any, **kwargs: Any) -> Any:
            with begins(*args, **kwargs) as act:
                return (yield from function(*args, **described.with_act(kwargs, act)))

        return yield_now

    def call_now(*args: Any, **kwargs: Any) -> Any:
        with begins(*args, **kwargs) as act:
            return function(*args, **described.with_act(kwargs, act))

    return call_now
