"""The governor for programs that wait: psycopg's synchronous connections."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from .act import Act, unreported
from .answers import Approval, Begun
from .connections import Connections, Pool, must_be_idle
from .errors import ApprovalNeeded, AwgpError, raise_explained
from .protocol import AGAIN, TRIES, Call, Identity, already_asked, approval
from .report import REFUSED, UNKNOWN, Amount, Plan, Report, Unknown, outcome_of, unknown_of

T = TypeVar("T")


class Governor:
    """Asks AWGP before an assistant acts, and reports afterwards.

    ``database`` is a connection string of libpq for a login that is a member of awgp_app, or a
    psycopg_pool.ConnectionPool of such connections. In trusted mode give ``tenant`` (slug or id) and ``user``
    (e-mail or id), in signed mode ``token``, or a function that returns the token of the moment.
    ``assistant`` is a slug or an id.

    Threads share a governor: a call takes a connection that is free, or makes one. Every call is one
    transaction, which is run again after a conflict with another one, or after the connection was lost.
    """

    def __init__(
        self,
        database: str | Pool,
        *,
        assistant: str,
        tenant: str | None = None,
        user: str | None = None,
        token: str | Callable[[], str] | None = None,
    ):
        self._identity = Identity.of(tenant, user, token, assistant)
        self._connections: Connections | Pool = Connections(database) if isinstance(database, str) else database

    @contextmanager
    def action(
        self,
        work_item: UUID | str,
        action: str,
        *,
        arguments: Any = None,
        provider: str | None = None,
        estimated_cost: Amount = None,
        seconds: float = 900.0,
        key: str | None = None,
        approval: UUID | None = None,
        ask: float | None = None,
        unknown: Unknown = UNKNOWN,
    ) -> Iterator[Act]:
        """Performs an action under AWGP's rules: the body runs only if it is allowed.

        ``arguments`` are what the action is called with; what a human approves is what runs. ``key``
        makes the action happen once, however often it is asked for; without one each call is a new
        action. ``ask`` asks humans if an approval is missing, and waits for them so many seconds.
        ``seconds`` is how long the action may take. After an exception that ``unknown`` names, or an
        interruption, the outcome is reported as unknown; after any other exception as failed.

        Raises :class:`Denied` where it is not allowed, :class:`AlreadyActed` where it was performed
        before.
        """
        call = Call.of(work_item, action, arguments, provider, estimated_cost, seconds, key, approval)
        act = Act(self._begin(call, ask), provider)
        try:
            yield act
        except BaseException as error:
            act.report.outcome = outcome_of(error, unknown)
            try:
                self.finish(act)
            except Exception as reason:
                # What has happened in the body is what the caller has to hear of.
                unreported(act, error, reason)
            raise
        self.finish(act)

    def finish(self, act: Act) -> None:
        """Reports what became of an action. The end of the ``with`` does it; call it again if that was
        refused, such as for a model that has no price (``unknown_price``), after another ``act.costs(…)``."""
        try:
            try:
                self._finish(act, act.report)
            except AwgpError as refused:
                if refused.reason != "unknown_price" or not act.report.knows_otherwise:
                    raise
                self._finish(act, act.report, otherwise=True)
        except AwgpError as refused:
            if refused.reason in REFUSED:
                self._finish(act, unknown_of(act.report))
            raise

    def ask(
        self,
        work_item: UUID | str,
        action: str,
        arguments: Any = None,
        *,
        title: str | None = None,
        description: str | None = None,
    ) -> Approval:
        """Asks humans for an approval of one action with its arguments; if somebody has asked for it already,
        returns that request."""
        return self._ask(Call.of(work_item, action, arguments), title, description)

    def approval(self, number: UUID) -> Approval:
        """How a request for approval stands."""
        return self._run(self._identity.asking, lambda: approval(number))

    def wait(self, number: UUID, seconds: float) -> Approval:
        """Waits until a request is decided or has expired, at most so many seconds; returns how it
        stands."""
        until = time.monotonic() + seconds
        pause = 0.2
        while True:
            found = self.approval(number)
            left = until - time.monotonic()
            if not found.is_open or left <= 0:
                return found
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, 5.0)

    def close(self) -> None:
        """Closes its own connections. A pool is closed by whoever has made it."""
        if isinstance(self._connections, Connections):
            self._connections.close()

    def __enter__(self) -> Governor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, call: Call, ask: float | None) -> Begun:
        try:
            answer = self._run(self._identity.acting, call.begin)
            if isinstance(answer, ApprovalNeeded) and ask is not None:
                self.wait(answer.open_approval or self._ask(call).id, ask)
                answer = self._run(self._identity.acting, call.begin)
        except BaseException as error:
            if not isinstance(error, Exception) and not call.has_given_key:
                self._give_up(call)
            raise
        if isinstance(answer, AwgpError):
            raise answer
        return answer

    def _give_up(self, call: Call) -> None:
        """After an interruption: what was begun is not going to be performed, so its money is free at
        once."""
        with suppress(AwgpError, psycopg.Error):
            number = self._run(self._identity.acting, call.begun)
            if number is not None:
                self._run(self._identity.acting, lambda: Report(outcome="abandoned").finish(number))

    def _finish(self, act: Act, report: Report, otherwise: bool = False) -> None:
        act.finished = self._run(self._identity.acting, lambda: report.finish(act.id, otherwise))

    def _ask(self, call: Call, title: str | None = None, description: str | None = None) -> Approval:
        try:
            return self._run(self._identity.asking, lambda: call.ask(title, description))
        except AwgpError as error:
            number = already_asked(error)
            if number is None:
                raise
            return self.approval(number)

    def _run(self, who: Callable[[], Plan[None]], what: Callable[[], Plan[T]]) -> T:
        """Runs plans in one transaction, again after a conflict or a lost connection."""
        for attempt in range(1, TRIES + 1):
            connection: psycopg.Connection[Any] | None = None
            try:
                with self._connections.connection() as connection:
                    must_be_idle(connection)
                    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
                        drive(cursor, who())
                        return drive(cursor, what())
            except psycopg.Error as error:
                is_lost = connection is not None and connection.closed
                if attempt == TRIES or not (is_lost or error.sqlstate in AGAIN):
                    raise_explained(error)
            if is_lost:
                self._connections.check()
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
        raise AssertionError("the last attempt returns or raises")


def drive(cursor: psycopg.Cursor[Any], plan: Plan[T]) -> T:
    """Runs the statements of a plan."""
    try:
        step = next(plan)
        while True:
            sql, parameters = step
            row = cursor.execute(sql, parameters).fetchone()
            step = plan.send(None if row is None else row[0])
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
