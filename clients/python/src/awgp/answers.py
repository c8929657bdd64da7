"""What AWGP answers, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID


def _uuid(value: Any) -> UUID | None:
    return None if value is None else UUID(str(value))


@dataclass(frozen=True)
class Begun:
    """An action that may be performed now."""

    action_id: UUID
    work_item_id: UUID
    assistant_id: UUID
    status: str
    expires_at: str
    reservation_id: UUID | None
    approval_id: UUID | None
    arguments_digest: str | None
    hint: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Begun:
        return cls(
            action_id=UUID(answer["action_id"]),
            work_item_id=UUID(answer["work_item_id"]),
            assistant_id=UUID(answer["assistant_id"]),
            status=answer["status"],
            expires_at=answer["expires_at"],
            reservation_id=_uuid(answer["reservation_id"]),
            approval_id=_uuid(answer["approval_id"]),
            arguments_digest=answer["arguments_digest"],
            hint=answer["hint"],
        )


@dataclass(frozen=True)
class Finished:
    """What finish_action() has answered."""

    action_id: UUID
    status: str
    repeated: bool
    late: bool
    overrun: bool
    cost_amount: Decimal | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Finished:
        cost = answer["cost_amount"]
        return cls(
            action_id=UUID(answer["action_id"]),
            status=answer["status"],
            repeated=answer["repeated"],
            late=answer["late"],
            overrun=answer["overrun"],
            cost_amount=None if cost is None else Decimal(cost),
        )


@dataclass(frozen=True)
class Approval:
    """A request for approval, or what was decided. ``arguments`` are those that are approved. If an approver
    has changed them, ``requested_arguments`` are those that were asked for."""

    id: UUID
    status: str
    action: str | None
    arguments: Any
    rejected_reason: str | None
    requested_arguments: Any = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Approval:
        return cls(
            id=UUID(str(row["id"])),
            status=row["status"],
            action=row["action"],
            arguments=row["arguments"],
            rejected_reason=row["rejected_reason"],
            requested_arguments=row["requested_arguments"],
        )

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it yet."""
        return self.status in ("pending", "escalated")
