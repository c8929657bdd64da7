"""What AWGP refuses, by its reason. docs/errors.md of AWGP lists every reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

import psycopg

from .next_steps import next_step


class AwgpError(Exception):
    """AWGP has refused something.

    ``reason`` is stable and meant to be compared; the message is for people. ``hint`` is the next thing
    to do for a program, often a statement of SQL; ``next_step`` says it in words, for a model or a person.
    ``facts`` are those of the case, such as an id or a limit.
    """

    def __init__(self, message: str, reason: str | None = None, hint: str = "", facts: Mapping[str, Any] | None = None):
        super().__init__(message)
        self.reason = reason
        self.hint = hint
        self.facts: dict[str, Any] = dict(facts or {})
        # A traceback shows it, and a model that is given the exception as text does not read it.
        if hint and hint != self.next_step and hasattr(self, "add_note"):
            self.add_note(hint)

    @property
    def next_step(self) -> str:
        """The next thing to do in words, without SQL."""
        return next_step(self.reason, self.hint)

    @property
    def open_approval(self) -> UUID | None:
        """The request that nobody has decided yet; None where humans have to be asked first."""
        number = self.facts.get("approval_id")
        return UUID(str(number)) if self.reason == "approval_pending" and number else None

    def told(self) -> str:
        """The same for a model, as JSON: what it gets as the result of a tool that did not run."""
        said: dict[str, Any] = {"allowed": False, "reason": self.reason}
        said |= {"message": super().__str__(), "next_step": self.next_step}
        if self.open_approval is not None:
            said["approval_id"] = str(self.open_approval)
        return json.dumps({key: value for key, value in said.items() if value not in (None, "")}, ensure_ascii=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes back whole from another process."""
        return _revived, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        said = super().__str__()
        if self.reason:
            said += f" ({self.reason})"
        return f"{said}. {self.next_step}" if self.next_step else said


def _revived(kind: type[AwgpError], args: tuple[Any, ...], state: dict[str, Any]) -> AwgpError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class Denied(AwgpError):
    """The action is denied. Do not act. ``next_step`` says what would help."""


class ApprovalNeeded(Denied):
    """A human has to approve, and has not: nobody was asked, nobody has decided, or an approval no
    longer fits."""


class ApprovalRejected(Denied):
    """A human has rejected the action."""


class ArgumentsMismatch(Denied):
    """The approval is for another action or for other arguments."""


class LimitReached(Denied):
    """A budget or another limit is reached."""


class NoCreditPool(Denied):
    """The tenant has no credit pool for this provider."""


class CapabilityMissing(Denied):
    """The assistant does not have this capability."""


class AssistantNotActive(Denied):
    """The assistant is suspended, retired or not active yet."""


class AlreadyActed(AwgpError):
    """The action under this key was performed or given up before. Do not act again. ``status`` says
    what became of it."""

    def __init__(self, status: str, action_id: str, hint: str):
        super().__init__(f"the action {action_id} is {status}", "already_acted", hint, {"action_id": action_id})
        self.status = status


class OutcomeUnknown(Exception):
    """Raise it, or a subclass, in the body of an action if it cannot be told whether the action
    happened: it is reported as unknown, and its money stays held until a person says what became of it."""


_KINDS: dict[str, type[Denied]] = {
    "approval_required": ApprovalNeeded,
    "approval_pending": ApprovalNeeded,
    "approval_expired": ApprovalNeeded,
    "approval_used": ApprovalNeeded,
    "digest_mismatch": ApprovalNeeded,
    "approval_rejected": ApprovalRejected,
    "arguments_mismatch": ArgumentsMismatch,
    "budget_exceeded": LimitReached,
    "no_credit_pool": NoCreditPool,
    "capability_missing": CapabilityMissing,
    "assistant_inactive": AssistantNotActive,
    "assistant_suspended": AssistantNotActive,
    "assistant_error": AssistantNotActive,
    "stopped": AssistantNotActive,
}


def denied(answer: Mapping[str, Any]) -> Denied:
    """The exception for a denial that begin_action() has answered."""
    reason = str(answer["reason"])
    kind = _KINDS.get(reason, Denied)
    return kind(str(answer.get("message") or reason), reason, str(answer.get("hint") or ""), answer.get("facts"))


def explained(error: psycopg.Error) -> AwgpError | None:
    """The same for an error that AWGP has raised; None for any other error of the server."""
    try:
        detail = json.loads(error.diag.message_detail or "")
    except ValueError:
        return None
    if not isinstance(detail, dict) or "reason" not in detail:
        return None
    reason = str(detail.pop("reason"))
    kind = _KINDS.get(reason, AwgpError)
    return kind(error.diag.message_primary or str(error), reason, error.diag.message_hint or "", detail)


def raise_explained(error: psycopg.Error) -> NoReturn:
    """Raises the error by AWGP's reason, or as it is."""
    told = explained(error)
    if told is None:
        raise error
    raise told from error
