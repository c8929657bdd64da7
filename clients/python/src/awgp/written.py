"""Values as JSON: what an action is called with, and what came of it."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID


def written(value: Any) -> str | None:
    """A value as JSON; None for None. What JSON does not have, such as NaN or an object that is only known
    by its address in memory, is refused: it would be something else each time."""
    return None if value is None else json.dumps(value, allow_nan=False, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, (UUID, Decimal, PurePath)):
        return str(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    # Pydantic's models, which the SDKs of the providers answer with.
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    raise TypeError(f"a {type(value).__name__} is not JSON: give it as a text, a number, a list or a dictionary")
