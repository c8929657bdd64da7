"""What the tests share. DATABASE_URL is a login of the application, SCENE a JSON object with the names and
ids of what is there (tenant, operator, admin, assistant, and an item within its tier)."""

from __future__ import annotations

import json
import os
import time
from typing import Any
from uuid import UUID, uuid4

import psycopg
from awgp import Act, AsyncGovernor, Governor

URL = os.environ["DATABASE_URL"]
SCENE: dict[str, str] = json.loads(os.environ["SCENE"])
LETTER = {"to": "ada@north.example", "amount": 10.5}


def governor(database: Any = URL) -> Governor:
    return Governor(database, tenant=SCENE["tenant"], user=SCENE["operator"], assistant=SCENE["assistant"])


def async_governor(database: Any = URL, connections: int = 4) -> AsyncGovernor:
    who = {"tenant": SCENE["tenant"], "user": SCENE["operator"], "assistant": SCENE["assistant"]}
    return AsyncGovernor(database, connections=connections, **who)


def ask(sql: str, *parameters: Any, user: str | None = None) -> Any:
    """The first column of the first row, in the tenant's context."""
    with psycopg.connect(URL) as connection:
        who = SCENE[user] if user else None
        connection.execute("SELECT awgp.set_context(%s::text, %s::text)", (SCENE["tenant"], who))
        row = connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]


def status(act: Act) -> Any:
    return ask("SELECT status FROM awgp.governed_actions WHERE id = %s", act.id)


def decide(sql: str, approval: UUID) -> None:
    ask(sql, approval, user="admin")


def risky_item(risk: int = 4) -> str:
    """A work item; by default above the assistant's tier."""
    sql = "SELECT id::text FROM awgp.create_work_item(%s, 'Send a letter', risk_level => %s)"
    return str(ask(sql, SCENE["assistant_id"], risk, user="operator"))


def actions(item: str) -> list[str]:
    """What was done on an item, and what it has cost: action, outcome, model, tokens, amount."""
    sql = """SELECT array_agg(concat_ws(' ', a.action, a.status, t.model, t.input_tokens, t.output_tokens, t.cost_amount)
                              ORDER BY a.begun_at)
             FROM awgp.governed_actions a LEFT JOIN awgp.cost_transactions t ON t.id = a.cost_transaction_id
             WHERE a.work_item_id = %s"""
    return list(ask(sql, item) or [])


def end_session(number: int) -> None:
    """Ends a session on the server."""
    with psycopg.connect(URL) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (number,))


def sessions(conninfo: str) -> int:
    """How many sessions the server has under the application_name of this connection string."""
    name = psycopg.conninfo.conninfo_to_dict(conninfo)["application_name"]
    return int(ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", name))


def all_end(conninfo: str) -> None:
    """Returns when none is left. A server takes a moment to end a session that was closed."""
    until = time.monotonic() + 60
    while sessions(conninfo) > 0:
        assert time.monotonic() < until, "sessions are left"
        time.sleep(0.02)


def named() -> str:
    """A connection string with a name of its own."""
    return psycopg.conninfo.make_conninfo(URL, application_name=str(uuid4()))
