"""The governor for asyncio: psycopg's asynchronous connections."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from .act import Act, unreported
from .answers import Approval, Begun
from .connections import AsyncConnections, AsyncPool, must_be_idle
from .errors import ApprovalNeeded, AwgpError, raise_explained
from .protocol import AGAIN, TRIES, Call, Identity, already_asked, approval
from .report import REFUSED, UNKNOWN, Amount, Plan, Report, Unknown, outcome_of, unknown_of

T = TypeVar("T")

#: An action that is being performed: the same as of the governor that waits.
AsyncAct = Act


class AsyncGovernor:
    """Asks AWGP before an assistant acts, and reports afterwards.

    ``database`` is a connection string of libpq for a login that is a member of awgp_app, or a
    psycopg_pool.AsyncConnectionPool of such connections. In trusted mode give ``tenant`` (slug or id) and
    ``user`` (e-mail or id), in signed mode ``token``, or a function that returns the token of the moment.
    ``assistant`` is a slug or an id.

    Tasks share a governor: a call takes a connection that is free, or makes one, up to ``connections``. Every
    call is one transaction, which is run again after a conflict with another one, or after the connection was
    lost.
    """

    def __init__(
        self,
        database: str | AsyncPool,
        *,
        assistant: str,
        tenant: str | None = None,
        user: str | None = None,
        token: str | Callable[[], str] | None = None,
        connections: int = 4,
    ):
        self._identity = Identity.of(tenant, user, token, assistant)
        self._connections: AsyncConnections | AsyncPool = (
            AsyncConnections(database, connections) if isinstance(database, str) else database
        )

    @asynccontextmanager
    async def action(
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
    ) -> AsyncIterator[Act]:
        """Performs an action under AWGP's rules: the body runs only if it is allowed.

        ``arguments`` are what the action is called with; what a human approves is what runs. ``key``
        makes the action happen once, however often it is asked for; without one each call is a new
        action. ``ask`` asks humans if an approval is missing, and waits for them so many seconds.
        ``seconds`` is how long the action may take. After an exception that ``unknown`` names, or a
        cancellation, the outcome is reported as unknown; after any other exception as failed.

        Raises :class:`Denied` where it is not allowed, :class:`AlreadyActed` where it was performed
        before.
        """
        call = Call.of(work_item, action, arguments, provider, estimated_cost, seconds, key, approval)
        act = Act(await self._begin(call, ask), provider)
        try:
            yield act
        except BaseException as error:
            act.report.outcome = outcome_of(error, unknown)
            try:
                await self.finish(act)
            except Exception as reason:
                # What has happened in the body is what the caller has to hear of.
                unreported(act, error, reason)
            raise
        await self.finish(act)

    async def finish(self, act: Act) -> None:
        """Reports what became of an action. The end of the ``async with`` does it; call it again if that was
        refused, such as for a model that has no price (``unknown_price``), after another ``act.costs(…)``. It
        goes on to its end when the task is cancelled meanwhile."""
        await uninterrupted(self._report(act))

    async def ask(
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
        return await self._ask(Call.of(work_item, action, arguments), title, description)

    async def approval(self, number: UUID) -> Approval:
        """How a request for approval stands."""
        return await self._run(self._identity.asking, lambda: approval(number))

    async def wait(self, number: UUID, seconds: float) -> Approval:
        """Waits until a request is decided or has expired, at most so many seconds; returns how it
        stands."""
        until = time.monotonic() + seconds
        pause = 0.2
        while True:
            found = await self.approval(number)
            left = until - time.monotonic()
            if not found.is_open or left <= 0:
                return found
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, 5.0)

    async def close(self) -> None:
        """Closes its own connections. A pool is closed by whoever has made it."""
        if isinstance(self._connections, AsyncConnections):
            await self._connections.close()

    async def __aenter__(self) -> AsyncGovernor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _begin(self, call: Call, ask: float | None) -> Begun:
        try:
            answer = await self._run(self._identity.acting, call.begin)
            if isinstance(answer, ApprovalNeeded) and ask is not None:
                await self.wait(answer.open_approval or (await self._ask(call)).id, ask)
                answer = await self._run(self._identity.acting, call.begin)
        except BaseException as error:
            if not isinstance(error, Exception) and not call.has_given_key:
                await uninterrupted(self._give_up(call))
            raise
        if isinstance(answer, AwgpError):
            raise answer
        return answer

    async def _give_up(self, call: Call) -> None:
        """After a cancellation: what was begun is not going to be performed, so its money is free at once."""
        with suppress(AwgpError, psycopg.Error):
            number = await self._run(self._identity.acting, call.begun)
            if number is not None:
                await self._run(self._identity.acting, lambda: Report(outcome="abandoned").finish(number))

    async def _report(self, act: Act) -> None:
        try:
            try:
                await self._finish(act, act.report)
            except AwgpError as refused:
                if refused.reason != "unknown_price" or not act.report.knows_otherwise:
                    raise
                await self._finish(act, act.report, otherwise=True)
        except AwgpError as refused:
            if refused.reason in REFUSED:
                await self._finish(act, unknown_of(act.report))
            raise

    async def _finish(self, act: Act, report: Report, otherwise: bool = False) -> None:
        act.finished = await self._run(self._identity.acting, lambda: report.finish(act.id, otherwise))

    async def _ask(self, call: Call, title: str | None = None, description: str | None = None) -> Approval:
        try:
            return await self._run(self._identity.asking, lambda: call.ask(title, description))
        except AwgpError as error:
            number = already_asked(error)
            if number is None:
                raise
            return await self.approval(number)

    async def _run(self, who: Callable[[], Plan[None]], what: Callable[[], Plan[T]]) -> T:
        """Runs plans in one transaction, again after a conflict or a lost connection."""
        for attempt in range(1, TRIES + 1):
            connection: psycopg.AsyncConnection[Any] | None = None
            try:
                async with self._connections.connection() as connection:
                    must_be_idle(connection)
                    async with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
                        await drive(cursor, who())
                        return await drive(cursor, what())
            except psycopg.Error as error:
                is_lost = connection is not None and connection.closed
                if attempt == TRIES or not (is_lost or error.sqlstate in AGAIN):
                    raise_explained(error)
            if is_lost:
                await self._connections.check()
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))
        raise AssertionError("the last attempt returns or raises")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Ends the work before a cancellation is let through."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
        except BaseException:
            break
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()


async def drive(cursor: psycopg.AsyncCursor[Any], plan: Plan[T]) -> T:
    """Runs the statements of a plan."""
    try:
        step = next(plan)
        while True:
            sql, parameters = step
            row = await (await cursor.execute(sql, parameters)).fetchone()
            step = plan.send(None if row is None else row[0])
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
