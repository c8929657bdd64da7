"""The same for asyncio: tasks, cancellation, event loops and pools."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any
from unittest import mock
from uuid import UUID

import psycopg
from awgp import Act, CapabilityMissing
from psycopg_pool import AsyncConnectionPool
from scene import LETTER, SCENE, URL, all_end, ask, async_governor, end_session, named, sessions, status

LAST = "SELECT status FROM awgp.governed_actions WHERE work_item_id = %s ORDER BY begun_at DESC LIMIT 1"


class Asynchronously(unittest.IsolatedAsyncioTestCase):
    async def test_the_same_without_waiting(self) -> None:
        async with async_governor() as north:

            async def one() -> UUID:
                async with north.action(SCENE["item"], "look", arguments=LETTER) as act:
                    await asyncio.sleep(0)
                return act.id

            self.assertEqual(len(set(await asyncio.gather(*(one() for _ in range(8))))), 8)
            with self.assertRaises(CapabilityMissing):
                async with north.action(SCENE["item"], "fly"):
                    self.fail("it is denied")

    async def test_tasks_share_a_few_connections(self) -> None:
        conninfo = named()
        async with async_governor(conninfo, connections=2) as north:

            async def one() -> None:
                async with north.action(SCENE["item"], "look"):
                    pass

            await asyncio.gather(*(one() for _ in range(20)))
            self.assertLessEqual(await asyncio.to_thread(sessions, conninfo), 2)
        await asyncio.to_thread(all_end, conninfo)

    async def test_a_cancelled_body_is_unknown_however_often_it_is_cancelled(self) -> None:
        acts: list[Act] = []
        async with async_governor() as north:
            entered = asyncio.Event()

            async def one() -> None:
                async with north.action(SCENE["item"], "look") as act:
                    acts.append(act)
                    entered.set()
                    await asyncio.Event().wait()

            task = asyncio.create_task(one())
            await entered.wait()
            while not task.done():
                task.cancel()
                await asyncio.sleep(0)
            self.assertTrue(task.cancelled())
        self.assertEqual(status(acts[0]), "unknown")

    async def test_a_cancellation_while_it_begins_leaves_nothing_held(self) -> None:
        begun = asyncio.Event()
        async with async_governor() as north:
            real = north._run

            async def committed_without_an_answer(who: Any, what: Any) -> Any:
                answer = await real(who, what)
                if getattr(what, "__name__", "") == "begin":
                    begun.set()
                    await asyncio.Event().wait()
                return answer

            north._run = committed_without_an_answer  # type: ignore[method-assign]

            async def one() -> None:
                async with north.action(SCENE["item"], "look", provider="openai", estimated_cost=1):
                    self.fail("it is cancelled")

            task = asyncio.create_task(one())
            await begun.wait()
            self.assertEqual(ask(LAST, SCENE["item"]), "begun")
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
        self.assertEqual(ask(LAST, SCENE["item"]), "abandoned")

    async def test_a_pool_is_used_and_a_lost_connection_made_again(self) -> None:
        async with AsyncConnectionPool(URL, min_size=1, max_size=1, open=False) as pool:
            async with async_governor(pool).action(SCENE["item"], "look") as act:
                async with pool.connection() as connection:
                    await asyncio.to_thread(end_session, connection.info.backend_pid)
            self.assertEqual(await asyncio.to_thread(status, act), "succeeded")

    async def test_a_server_that_restarts_is_waited_for(self) -> None:
        refused = psycopg.OperationalError("connection refused")
        async with async_governor() as north:
            async with north.action(SCENE["item"], "look") as act:
                await north._connections.check()
                again = await psycopg.AsyncConnection.connect(URL, autocommit=True)
                patch = mock.patch("psycopg.AsyncConnection.connect", side_effect=[refused, refused, again])
                patch.start()
                self.addCleanup(patch.stop)
        self.assertEqual(await asyncio.to_thread(status, act), "succeeded")


class Loops(unittest.TestCase):
    def test_each_event_loop_has_its_own_connections(self) -> None:
        north = async_governor(connections=1)

        async def one() -> None:
            async with north.action(SCENE["item"], "look"):
                pass

        async def several() -> None:
            await asyncio.gather(one(), one(), one())

        asyncio.run(several())
        asyncio.run(several())

        async def last() -> None:
            async with north:
                await several()

        asyncio.run(last())


if __name__ == "__main__":
    unittest.main()
