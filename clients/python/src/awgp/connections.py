"""Where a governor has its connections from: they are its own, or those of a pool of psycopg_pool."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, Protocol

import psycopg
from psycopg.pq import TransactionStatus

#: How long to wait before each further attempt to connect anew, in seconds: a server that restarts is back
#: soon.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

#: Without prepared statements: a pooler in transaction mode may not keep them.
OPTIONS: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}

#: Connections of a process that this one was forked from: kept, so that nothing ends them here.
_of_others: list[object] = []


class Pool(Protocol):
    """What is used of a psycopg_pool.ConnectionPool."""

    def connection(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """A connection, for the time of a call."""
        ...

    def check(self) -> None:
        """Drops connections that are broken."""
        ...


class AsyncPool(Protocol):
    """What is used of a psycopg_pool.AsyncConnectionPool."""

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """A connection, for the time of a call."""
        ...

    async def check(self) -> None:
        """Drops connections that are broken."""
        ...


def is_idle(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether it is open and no transaction is."""
    return not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE


def must_be_idle(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """An action is allowed when its transaction has been committed. Within one of the caller's it would only
    seem so."""
    if not connection.closed and not is_idle(connection):
        raise RuntimeError("the connection is in a transaction already: give the governor connections of its own")


class Connections:
    """A call takes a connection that is free, or makes one, and gives it back. So there are as many as calls
    at the same time."""

    def __init__(self, conninfo: str):
        self._conninfo = conninfo
        self._free: list[psycopg.Connection[Any]] = []
        self._process = os.getpid()
        self._has_connected = False

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection, for the time of a call."""
        if self._process != os.getpid():
            # Those of the process that this one was forked from are not this one's to use, or to end.
            _of_others.extend(self._free)
            self._process, self._free = os.getpid(), []
        free = self._free
        try:
            connection = free.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            if free is self._free and is_idle(connection):
                free.append(connection)
            else:
                connection.close()

    def check(self) -> None:
        """Ends what is free: after one was lost, the others may be broken too."""
        free, self._free = self._free, []
        for connection in free:
            connection.close()

    close = check

    def _connect(self) -> psycopg.Connection[Any]:
        for pause in PAUSES if self._has_connected else ():
            try:
                return psycopg.connect(self._conninfo, **OPTIONS)
            except psycopg.OperationalError:
                time.sleep(pause)
        connection = psycopg.connect(self._conninfo, **OPTIONS)
        self._has_connected = True
        return connection


class AsyncConnections:
    """The same for asyncio, with a limit: a program has more tasks than a server has connections."""

    def __init__(self, conninfo: str, limit: int):
        self._conninfo = conninfo
        self._limit = limit
        self._free: list[psycopg.AsyncConnection[Any]] = []
        self._turns = asyncio.Semaphore(limit)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._has_connected = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection, for the time of a call."""
        self._belong_here()
        async with self._turns:
            free = self._free
            connection = free.pop() if free else await self._connect()
            try:
                yield connection
            finally:
                if free is self._free and is_idle(connection):
                    free.append(connection)
                else:
                    await connection.close()

    async def check(self) -> None:
        """Ends what is free."""
        self._belong_here()
        free, self._free = self._free, []
        for connection in free:
            await connection.close()

    close = check

    def _belong_here(self) -> None:
        """Connections serve one event loop, in one process; each further asyncio.run() makes its own."""
        loop = asyncio.get_running_loop()
        if self._loop is loop and self._process == os.getpid():
            return
        if self._process == os.getpid():
            for connection in self._free:
                connection.pgconn.finish()
        else:
            _of_others.extend(self._free)
        self._loop, self._process = loop, os.getpid()
        self._free, self._turns = [], asyncio.Semaphore(self._limit)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        for pause in PAUSES if self._has_connected else ():
            try:
                return await psycopg.AsyncConnection.connect(self._conninfo, **OPTIONS)
            except psycopg.OperationalError:
                await asyncio.sleep(pause)
        connection = await psycopg.AsyncConnection.connect(self._conninfo, **OPTIONS)
        self._has_connected = True
        return connection
