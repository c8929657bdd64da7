"""An action that is being performed."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from .answers import Begun, Finished
from .report import Amount, Report, Spent
from .written import written

_log = logging.getLogger("awgp")


class Act:
    """An action that is being performed. Say what it cost and what came of it; the end of the ``with``
    reports it."""

    def __init__(self, begun: Begun, provider: str | None = None):
        self.begun = begun
        self.report = Report(provider)
        #: What AWGP has answered to the report; None until then.
        self.finished: Finished | None = None

    @property
    def id(self) -> UUID:
        """The id of the action."""
        return self.begun.action_id

    def spent(
        self,
        model: str,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cost_amount: Amount = None,
        *,
        cached_tokens: int | None = None,
        otherwise: Amount = None,
    ) -> None:
        """Says what one call of a model cost: tokens, from which the price list computes the amount, or the
        amount itself. ``cached_tokens`` are those that the provider had in its cache, counted as it counts
        them. ``otherwise`` is the amount if the model has no price. Several calls add up."""
        self.report.add(Spent(model, input_tokens, output_tokens, cached_tokens, cost_amount, otherwise))

    def costs(
        self,
        model: str,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cost_amount: Amount = None,
    ) -> None:
        """The same for everything that was spent, in place of what was said before."""
        self.report.spent.clear()
        self.spent(model, input_tokens, output_tokens, cost_amount)

    def result(self, value: Any) -> None:
        """Keeps what came of it, a JSON value of at most 64 KiB: facts, not content."""
        self.report.result = written(value)


def unreported(act: Act, error: BaseException, reason: Exception) -> None:
    """The body has ended with an error, and AWGP could not be told."""
    said = f"AWGP has not been told that the action {act.id} is {act.report.outcome}: {reason}"
    _log.warning(said)
    if hasattr(error, "add_note"):
        error.add_note(said)
