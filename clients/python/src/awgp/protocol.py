"""What is said to PostgreSQL, without saying how: each plan is a generator that yields statements with
their parameters, is sent the first column of the first row, and returns the answer. The sync and the
async governor run the same plans, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from .answers import Approval, Begun
from .errors import AlreadyActed, ApprovalNeeded, AwgpError, denied
from .report import Amount, Plan
from .written import written

#: Outcomes of a transaction that is run again: a conflict with another one, a deadlock, or a lock that took
#: too long.
AGAIN = ("40001", "40P01", "55P03")
#: How often a transaction is tried.
TRIES = 6

_TRUSTED = "SELECT awgp.set_context(%(tenant)s::text, %(user)s::text)::text"
_TOKEN = "SELECT awgp.authenticate(%(token)s)::text"
_ASSISTANT = """
    SELECT awgp.set_context(awgp.current_tenant(), awgp.current_user_id(), id)::text FROM awgp.assistant_list
    WHERE tenant_id = awgp.current_tenant() AND (slug = %(assistant)s OR id::text = %(assistant)s)"""
_BEGIN = """
    SELECT awgp.begin_action(%(work_item)s, %(action)s, %(provider)s, %(cost)s::numeric,
        make_interval(secs => %(seconds)s), %(key)s, %(arguments)s::text::jsonb, %(approval)s)"""
_ASK = """
    SELECT row_to_json(r) FROM awgp.request_action_approval(%(work_item)s, %(action)s, %(arguments)s::text::jsonb,
        title => %(title)s, description => %(description)s) AS r"""
#: The action that a call of ours has begun, if it has.
_BEGUN = """
    SELECT id::text FROM awgp.governed_actions
    WHERE tenant_id = awgp.current_tenant() AND work_item_id = %(work_item)s AND idempotency_key = %(key)s
      AND status = 'begun'"""
_IS_ANOTHERS = """
    SELECT status IN ('pending', 'escalated') AND requested_arguments_digest <> %(digest)s
    FROM awgp.approval_details WHERE id = %(approval)s"""
_APPROVAL = "SELECT row_to_json(r) FROM awgp.approval_details AS r WHERE id = %(approval)s"


@dataclass(frozen=True)
class Identity:
    """Who is in context: a tenant with a user, or a token; and the assistant that acts."""

    tenant: str | None
    user: str | None
    token: str | Callable[[], str] | None
    assistant: str

    @classmethod
    def of(
        cls, tenant: str | None, user: str | None, token: str | Callable[[], str] | None, assistant: str
    ) -> Identity:
        """The identity that a program gives. Without a user no role would be checked."""
        if token is None and not (tenant and user) or token is not None and (tenant or user):
            raise ValueError("give either a token, or a tenant and a user")
        return cls(tenant, user, token, assistant)

    def acting(self) -> Plan[None]:
        """Puts them in context."""
        yield from self.asking()
        if (yield _ASSISTANT, {"assistant": self.assistant}) is None:
            hint = "The tenant's assistants: SELECT slug, id FROM awgp.assistant_list"
            raise AwgpError(f"the tenant has no assistant {self.assistant}", "unknown_assistant", hint)

    def asking(self) -> Plan[None]:
        """The same without the assistant: a user asks for approval."""
        if self.token is not None:
            yield _TOKEN, {"token": self.token() if callable(self.token) else self.token}
        else:
            yield _TRUSTED, {"tenant": self.tenant, "user": self.user}


@dataclass(frozen=True)
class Call:
    """An action that an agent wants to perform. ``arguments`` are JSON: what is asked about stays what runs,
    also if the program changes its own objects meanwhile."""

    work_item: UUID
    action: str
    arguments: str | None = None
    provider: str | None = None
    estimated_cost: Amount = None
    seconds: float = 900.0
    #: A key of its own: a call that is repeated after the connection was lost is the same action.
    key: str = field(default_factory=lambda: str(uuid4()))
    approval: UUID | None = None
    #: Whether the program has given the key. Then another process may be performing the action.
    has_given_key: bool = False

    @classmethod
    def of(
        cls,
        work_item: UUID | str,
        action: str,
        arguments: Any = None,
        provider: str | None = None,
        estimated_cost: Amount = None,
        seconds: float = 900.0,
        key: str | None = None,
        approval: UUID | None = None,
    ) -> Call:
        """The call as a program describes it."""
        if isinstance(estimated_cost, float):
            raise TypeError("an amount is a Decimal, an int or a text: a float is not exact")
        item = _item(work_item)
        given = written(arguments)
        if key is None:
            return cls(item, action, given, provider, estimated_cost, seconds, approval=approval)
        return cls(item, action, given, provider, estimated_cost, seconds, key, approval, has_given_key=True)

    def begin(self) -> Plan[Begun | AwgpError]:
        """Asks whether it may be performed, and begins it. A refusal is returned: its transaction
        commits, so that the denial is in the trail."""
        answer = yield (
            _BEGIN,
            {
                "work_item": self.work_item,
                "action": self.action,
                "provider": self.provider,
                "cost": None if self.estimated_cost is None else str(self.estimated_cost),
                "seconds": self.seconds,
                "key": self.key,
                "arguments": self.arguments,
                "approval": self.approval,
            },
        )
        if not answer["allowed"]:
            facts = answer.get("facts") or {}
            number = facts.get("approval_id")
            if answer["reason"] == "arguments_mismatch" and self.approval is None and number:
                # People are asked about another call, and have not decided: not about this one yet.
                values = {"approval": number, "digest": facts.get("arguments_digest") or ""}
                if (yield _IS_ANOTHERS, values):
                    answer = {**answer, "reason": "approval_required"}
            return denied(answer)
        begun = Begun.of(answer)
        if begun.status != "begun":
            return AlreadyActed(begun.status, str(begun.action_id), begun.hint)
        return begun

    def begun(self) -> Plan[UUID | None]:
        """The action, if it was begun after all although no answer has arrived."""
        number = yield _BEGUN, {"work_item": self.work_item, "key": self.key}
        return None if number is None else UUID(number)

    def ask(self, title: str | None, description: str | None) -> Plan[Approval]:
        """Asks humans for an approval of exactly this call."""
        row = yield (
            _ASK,
            {
                "work_item": self.work_item,
                "action": self.action,
                "arguments": "{}" if self.arguments is None else self.arguments,
                "title": title,
                "description": description,
            },
        )
        return Approval.of(row)


def _item(given: UUID | str) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        said = f"the work item {str(given)!r} is not an id: pass the id that create_work_item() returns"
        raise ValueError(said) from None


def approval(number: UUID) -> Plan[Approval]:
    """How a request for approval stands."""
    row = yield _APPROVAL, {"approval": number}
    if row is None:
        hint = "The tenant's approvals: SELECT id, title, status FROM awgp.approval_details"
        raise AwgpError("no such approval in this tenant", "unknown_approval", hint, {"approval_id": str(number)})
    return Approval.of(row)


def already_asked(error: AwgpError) -> UUID | None:
    """The request that is open for the same call: somebody has asked at the same time, or this call is
    repeated after the connection was lost."""
    return error.open_approval if isinstance(error, ApprovalNeeded) else None
