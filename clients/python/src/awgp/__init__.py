"""Governed actions for AI agents.

A :class:`Governor` asks AWGP before an agent acts, and reports afterwards what became of it. It has no
rule of its own: PostgreSQL decides, in one transaction, whether the assistant may act, whether a human
has approved it, and whether there is money.
"""

from .act import Act
from .aio import AsyncAct, AsyncGovernor
from .answers import Approval, Begun, Finished
from .errors import (
    AlreadyActed,
    ApprovalNeeded,
    ApprovalRejected,
    ArgumentsMismatch,
    AssistantNotActive,
    AwgpError,
    CapabilityMissing,
    Denied,
    LimitReached,
    NoCreditPool,
    OutcomeUnknown,
)
from .governed import governed
from .governor import Governor

__all__ = [
    "Act",
    "AlreadyActed",
    "Approval",
    "ApprovalNeeded",
    "ApprovalRejected",
    "ArgumentsMismatch",
    "AssistantNotActive",
    "AsyncAct",
    "AsyncGovernor",
    "AwgpError",
    "Begun",
    "CapabilityMissing",
    "Denied",
    "Finished",
    "Governor",
    "LimitReached",
    "NoCreditPool",
    "OutcomeUnknown",
    "governed",
]
