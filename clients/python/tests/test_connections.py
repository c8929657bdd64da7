"""Where the connections of a governor come from, and what happens when one is lost."""

from __future__ import annotations

import os
import threading
import unittest
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import psycopg
from awgp import AwgpError, Governor
from awgp.protocol import TRIES
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from scene import LETTER, SCENE, URL, all_end, ask, end_session, governor, named, risky_item, sessions, status


class OneConnection:
    """A pool of one connection, which a test makes."""

    def __init__(self, connection: psycopg.Connection[Any]):
        self.only = connection

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        if self.only.closed:
            self.only = psycopg.connect(URL, cursor_factory=self.only.cursor_factory)
        yield self.only

    def check(self) -> None:
        pass


class Disturbed(psycopg.Cursor[Any]):
    """A cursor on which the statement of a name fails once, after it was executed."""

    name, errors = "", list[psycopg.Error]()

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().execute(query, *args, **kwargs)
        if self.name and self.name in str(query) and self.errors:
            raise self.errors.pop()
        return answer


class Losing(Disturbed):
    """The same, and the session ends."""

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        if self.name in str(query) and self.errors:
            self.errors.pop()
            psycopg.Cursor.execute(self, query, *args, **kwargs)
            end_session(self.connection.info.backend_pid)
        return super().execute(query, *args, **kwargs)


class Repeating(unittest.TestCase):
    def test_a_conflict_is_tried_again_and_nothing_happens_twice(self) -> None:
        before = ask("SELECT count(*) FROM awgp.governed_actions")
        for error in (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
            for name in ("begin_action", "finish_action"):
                disturbed: Any = type("Once", (Disturbed,), {"name": name, "errors": [error(), error()]})
                with psycopg.connect(URL, cursor_factory=disturbed) as connection, self.subTest(name=name, error=error):
                    with governor(OneConnection(connection)).action(SCENE["item"], "look", arguments=LETTER) as act:
                        pass
                    self.assertEqual((status(act), disturbed.errors), ("succeeded", []))
        self.assertEqual(ask("SELECT count(*) FROM awgp.governed_actions"), before + 6)

    def test_any_other_error_is_raised_as_it_is(self) -> None:
        disturbed = type("Once", (Disturbed,), {"name": "begin_action", "errors": [psycopg.errors.DiskFull()]})
        with psycopg.connect(URL, cursor_factory=disturbed) as connection, self.assertRaises(psycopg.errors.DiskFull):
            with governor(OneConnection(connection)).action(SCENE["item"], "look"):
                self.fail("nothing has begun")

    def test_a_connection_lost_during_a_call_is_made_again_and_nothing_happens_twice(self) -> None:
        before = ask("SELECT count(*) FROM awgp.governed_actions")
        for name in ("begin_action", "finish_action"):
            losing: Any = type("Once", (Losing,), {"name": name, "errors": [psycopg.OperationalError()]})
            pool = OneConnection(psycopg.connect(URL, cursor_factory=losing))
            with self.subTest(name=name), governor(pool).action(SCENE["item"], "look") as act:
                pass
            self.assertEqual((status(act), losing.errors), ("succeeded", []))
            pool.only.close()
        self.assertEqual(ask("SELECT count(*) FROM awgp.governed_actions"), before + 2)

    def test_one_that_is_repeated_asks_nobody_twice(self) -> None:
        item = risky_item()
        with governor() as north:
            first, second = north.ask(item, "look", LETTER), north.ask(item, "look", LETTER)
            self.assertEqual((first.id, second.is_open), (second.id, True))
            with self.assertRaises(AwgpError) as caught:
                north.ask(item, "fly", LETTER)
            self.assertEqual(caught.exception.reason, "capability_missing")

    def test_all_connections_may_be_lost_at_once(self) -> None:
        conninfo = named()
        with governor(conninfo) as north, ExitStack() as calls:
            for _ in range(TRIES + 2):
                calls.enter_context(north._connections.connection())
            calls.close()
            number = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s"
            with psycopg.connect(URL) as other:
                other.execute(number, (psycopg.conninfo.conninfo_to_dict(conninfo)["application_name"],))
            with north.action(SCENE["item"], "look") as act:
                pass
            self.assertEqual(status(act), "succeeded")

    def test_a_server_that_restarts_is_waited_for_and_one_that_was_never_there_is_not(self) -> None:
        connect, refused = psycopg.connect, psycopg.OperationalError("connection refused")
        with mock.patch("psycopg.connect", side_effect=refused) as never, self.assertRaises(psycopg.OperationalError):
            with governor().action(SCENE["item"], "look"):
                self.fail("nobody has allowed it")
        self.assertEqual(never.call_count, 1)
        with governor() as north, ExitStack() as stack:
            with north.action(SCENE["item"], "look") as act:
                north._connections.check()
                later = mock.patch("psycopg.connect", side_effect=[refused, refused, connect(URL, autocommit=True)])
                stack.enter_context(later)
            stack.close()
            self.assertEqual(status(act), "succeeded")


class Keeping(unittest.TestCase):
    def test_threads_that_have_ended_leave_no_connection_behind(self) -> None:
        conninfo = named()
        with governor(conninfo) as north:

            def work() -> None:
                with north.action(SCENE["item"], "look"):
                    pass

            for _ in range(5):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
            self.assertEqual(sessions(conninfo), 1)
        # The governor closes what it has opened, whoever used it.
        all_end(conninfo)

    def test_no_connection_is_held_while_the_body_runs(self) -> None:
        conninfo = named()
        with governor(conninfo) as north:
            with north.action(SCENE["item"], "look"), north.action(SCENE["item"], "look"):
                self.assertEqual(sessions(conninfo), 1)

    def test_what_is_broken_or_in_a_transaction_is_not_kept(self) -> None:
        with governor() as north:
            for statement in (None, "BEGIN"):
                with north._connections.connection() as connection:
                    if statement is None:
                        connection.close()
                    else:
                        connection.execute(statement)
                with north._connections.connection() as other:
                    self.assertIsNot(other, connection)
                self.assertTrue(connection.closed)

    def test_nothing_is_prepared_that_a_pooler_would_lose(self) -> None:
        with governor() as north:
            for _ in range(7):
                with north.action(SCENE["item"], "look"):
                    pass
            with north._connections.connection() as connection:
                prepared = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        self.assertEqual(prepared, (0,))

    def test_a_forked_process_makes_connections_of_its_own(self) -> None:
        with governor() as north:
            with north._connections.connection() as connection:
                session = connection.info.backend_pid
            with north.action(SCENE["item"], "look") as act:
                child = os.fork()
                if child == 0:
                    try:
                        with north.action(SCENE["item"], "look"):
                            pass
                        north.close()
                    except BaseException:
                        os._exit(1)
                    os._exit(0)
                self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertEqual(status(act), "succeeded")
            with north._connections.connection() as connection:
                self.assertEqual(connection.info.backend_pid, session, "the child has not ended it")

    def test_a_pool_is_used_as_it_is_configured(self) -> None:
        with ConnectionPool(URL, min_size=1, max_size=1, kwargs={"row_factory": dict_row}, open=True) as pool:
            north = governor(pool)
            with north.action(SCENE["item"], "look", arguments=LETTER) as act:
                with pool.connection() as connection:
                    end_session(connection.info.backend_pid)
            self.assertEqual(status(act), "succeeded")
            north.close()
            with pool.connection() as connection:
                connection.execute("SELECT 1")

    def test_a_transaction_of_the_caller_is_refused(self) -> None:
        with psycopg.connect(URL) as connection:
            connection.execute("SELECT 1")
            with self.assertRaises(RuntimeError):
                with governor(OneConnection(connection)).action(SCENE["item"], "look"):
                    self.fail("it would not be committed")

    def test_who_acts_is_always_said(self) -> None:
        who = {"tenant": "north", "user": "operator@north.example", "token": "t"}
        for left_out in [("user", "token"), ("tenant", "token"), ("tenant",), ("user",), (), ("tenant", "user", "token")]:
            given: dict[str, Any] = {name: value for name, value in who.items() if name not in left_out}
            with self.subTest(given=given), self.assertRaises(ValueError):
                Governor(URL, assistant="helper", **given)

    def test_a_token_is_asked_for_each_time(self) -> None:
        tokens = iter(["first", "second"])
        north = Governor(URL, assistant="helper", token=lambda: next(tokens))
        with north:
            for _ in range(2):
                with self.assertRaises(AwgpError):
                    with north.action(SCENE["item"], "look"):
                        self.fail("it is no token")
        self.assertEqual(list(tokens), [])


if __name__ == "__main__":
    unittest.main()
