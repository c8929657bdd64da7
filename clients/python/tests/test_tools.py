"""A call of a tool, whichever SDK it comes from."""

from __future__ import annotations

import json
import unittest
from typing import Any

import psycopg
from awgp import AwgpError
from awgp.tools import Terms, ToolAnswer, ToolCall, call_tool, call_tool_async
from scene import LETTER, SCENE, actions, ask, async_governor, governor, risky_item

CALL = ToolCall("send_email", LETTER, "call_1")
CHANGED = {**LETTER, "amount": 7}


class Calling(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.item, self.sent = risky_item(), list[Any]()

    def call(self, run: Any = None, call: ToolCall = CALL, item: str = "") -> ToolAnswer:
        with governor() as north:
            return call_tool(north, item or self.item, call, run or self.sent.append, Terms(ask=0))

    def approve(self, changed: Any = None) -> None:
        with governor() as north:
            number = north.ask(self.item, "send_email", LETTER).id
        arguments = None if changed is None else json.dumps(changed)
        ask("SELECT awgp.approve(%s, NULL, %s::jsonb)", number, arguments, user="admin")

    def test_it_waits_for_an_approval_and_says_so(self) -> None:
        said = json.loads(self.call().text)
        self.assertEqual((said["reason"], said["allowed"], self.sent), ("approval_pending", False, []))
        ask("SELECT awgp.approve(id) FROM awgp.approvals WHERE work_item_id = %s", self.item, user="admin")
        self.assertFalse(self.call().is_error)
        self.assertEqual(self.sent, [LETTER])

    def test_what_an_approver_has_changed_is_what_runs(self) -> None:
        self.approve(CHANGED)
        answer = self.call()
        self.assertEqual((self.sent, answer.is_error), ([CHANGED], False))
        self.assertIn('"amount": 7', answer.text)
        self.assertEqual(actions(self.item), ["send_email succeeded"])

    def test_what_nobody_has_asked_for_is_no_change(self) -> None:
        self.approve()
        answer = self.call(call=ToolCall("send_email", CHANGED))
        self.assertEqual((json.loads(answer.text)["reason"], self.sent), ("arguments_mismatch", []))

    def test_an_error_of_the_program_is_none_of_the_model(self) -> None:
        with self.assertRaises(AwgpError) as caught:
            self.call(item=SCENE["assistant_id"])
        self.assertEqual(caught.exception.reason, "unknown_work_item")

        def down(_: Any) -> None:
            raise psycopg.OperationalError("the tool's own database is down")

        self.approve()
        failed = json.loads(self.call(down).text)
        self.assertEqual((failed["allowed"], failed["reason"]), (True, "tool_failed"))

    def test_a_model_reads_a_next_step_without_sql(self) -> None:
        with governor() as north:
            for name, terms in [("fly", Terms()), ("send_email", Terms(provider="nobody", estimated_cost=1))]:
                answer = call_tool(north, SCENE["item"], ToolCall(name, LETTER), self.sent.append, terms)
                assert answer.refusal is not None
                for text in (answer.text, str(answer.refusal)):
                    self.assertFalse([code for code in ("SELECT", "awgp", "metadata") if code in text], text)
                self.assertTrue(json.loads(answer.text)["next_step"])
        self.assertEqual(self.sent, [])

    async def test_the_same_for_asyncio(self) -> None:
        self.approve(CHANGED)

        async def run(arguments: Any) -> None:
            self.sent.append(arguments)

        async with async_governor() as north:
            changed = await call_tool_async(north, self.item, CALL, run, Terms(ask=0))
            again = await call_tool_async(north, self.item, CALL, run, Terms(ask=0))
            fly = await call_tool_async(north, self.item, ToolCall("fly", {}), run)
        self.assertEqual((self.sent, changed.is_error), ([CHANGED], False))
        self.assertEqual(json.loads(fly.text)["reason"], "capability_missing")
        self.assertTrue(again.is_error)


if __name__ == "__main__":
    unittest.main()
