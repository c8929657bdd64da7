"""What became of an action, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from .answers import Finished
from .errors import OutcomeUnknown

T = TypeVar("T")
Step = tuple[str, Mapping[str, Any]]
#: Statements with their parameters, each of which is answered with the first column of the first row.
Plan = Generator[Step, Any, T]
Amount = Decimal | int | str | None

#: Which errors of a body leave it open whether the action happened: types, or a function that tells.
Unknown = tuple[type[BaseException], ...] | Callable[[BaseException], bool]
UNKNOWN: tuple[type[BaseException], ...] = (TimeoutError, ConnectionError)
#: Reasons to refuse a report for what it says. Then it is reported that nobody knows, so that money and key
#: stay held until somebody says more.
REFUSED = ("unknown_price", "out_of_range")

_FINISH = """
    SELECT awgp.finish_action(%(action)s, %(outcome)s, %(model)s, %(input)s::bigint, %(output)s::bigint,
        %(cost)s::numeric, %(result)s::text::jsonb)"""
_ESTIMATE = """
    SELECT awgp.estimate_cost(%(provider)s, %(model)s, %(input)s::bigint, %(output)s::bigint, %(cached)s::bigint)::text"""


@dataclass(frozen=True)
class Spent:
    """What one call of a model cost."""

    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost_amount: Amount = None
    otherwise: Amount = None

    def amount(self, provider: str | None, otherwise: bool) -> Plan[Decimal]:
        """Its amount, by the price list where it is not given."""
        given = self.otherwise if otherwise and self.cost_amount is None else self.cost_amount
        if given is not None:
            return Decimal(given)
        answer = yield (
            _ESTIMATE,
            {
                "provider": provider,
                "model": self.model,
                "input": self.input_tokens or 0,
                "output": self.output_tokens or 0,
                "cached": self.cached_tokens or 0,
            },
        )
        return Decimal(answer)


@dataclass
class Report:
    """What is told when an action ends."""

    provider: str | None = None
    outcome: str = "succeeded"
    spent: list[Spent] = field(default_factory=list)
    result: str | None = None

    def add(self, spent: Spent) -> None:
        """Adds a call of a model. What cannot be an amount is refused here, and not when the action ends."""
        for tokens in (spent.input_tokens, spent.output_tokens, spent.cached_tokens):
            if tokens is not None and tokens < 0:
                raise ValueError("a number of tokens is negative")
        for amount in (spent.cost_amount, spent.otherwise):
            if isinstance(amount, float):
                raise TypeError("an amount is a Decimal, an int or a text: a float is not exact")
            if amount is not None and not (Decimal(amount).is_finite() and Decimal(amount) >= 0):
                raise ValueError("an amount is a number that is not negative")
        self.spent.append(spent)

    @property
    def knows_otherwise(self) -> bool:
        """Whether an amount is there for a model that has no price."""
        return any(spent.otherwise is not None for spent in self.spent)

    def finish(self, action: UUID, otherwise: bool = False) -> Plan[Finished]:
        """Reports it; with the amounts that are for a model without a price."""
        total = Spent("")
        if self.outcome != "unknown" and self.spent:
            total = yield from self._total(otherwise)
        answer = yield (
            _FINISH,
            {
                "action": action,
                "outcome": self.outcome,
                "model": total.model or None,
                "input": total.input_tokens,
                "output": total.output_tokens,
                "cost": None if total.cost_amount is None else str(total.cost_amount),
                "result": self.result if self.outcome != "unknown" else None,
            },
        )
        return Finished.of(answer)

    def _total(self, otherwise: bool) -> Plan[Spent]:
        """All calls as one. A price may depend on the size of a call, so each has its own amount; that of a
        single call without tokens from a cache AWGP computes as it settles it."""
        first = self.spent[0]
        if len(self.spent) == 1 and not first.cached_tokens and not (otherwise and first.otherwise is not None):
            return first
        amount = Decimal(0)
        for spent in self.spent:
            amount += yield from spent.amount(self.provider, otherwise)
        models = list(dict.fromkeys(spent.model for spent in self.spent))
        return Spent(
            ", ".join(models),
            sum(spent.input_tokens or 0 for spent in self.spent),
            sum(spent.output_tokens or 0 for spent in self.spent),
            cost_amount=amount,
        )


def unknown_of(report: Report) -> Report:
    """The same action, of which nobody knows what became."""
    return Report(report.provider, "unknown")


def outcome_of(error: BaseException | None, unknown: Unknown) -> str:
    """The outcome of a body that has ended like this. Whoever is interrupted cannot tell what happened."""
    if error is None:
        return "succeeded"
    if isinstance(error, OutcomeUnknown) or not isinstance(error, Exception):
        return "unknown"
    is_unknown = isinstance(error, unknown) if isinstance(unknown, tuple) else unknown(error)
    return "unknown" if is_unknown else "failed"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it comes from. SDKs wrap what has happened on the network in errors of their
    own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_broken_off(
    error: BaseException,
    *,
    unsent: tuple[type[BaseException], ...],
    network: tuple[type[BaseException], ...],
    wrapped: tuple[type[BaseException], ...],
) -> bool:
    """Whether nobody knows what a model has done, and what it costs, because its answer has not arrived
    whole. The last that happened on the network tells: a request that was never sent has cost nothing. Where
    an SDK does not say what it was, its own error has to do."""
    happened = list(causes(error))
    for each in happened:
        if isinstance(each, unsent):
            return False
        if isinstance(each, (*network, *UNKNOWN)):
            return True
    return any(isinstance(each, wrapped) for each in happened)
