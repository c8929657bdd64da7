"""The governed loop of Anthropic's SDK, against a provider on the loopback address. claude-sonnet-4-5 has the
prices 0.000003, 0.0000003 from the cache, and 0.000015 for output."""

from __future__ import annotations

import json
import threading
import unittest
from typing import Any

import anthropic
import httpx2
from anthropic import beta_async_tool, beta_tool
from anthropic.types import MessageParam
from awgp import LimitReached
from awgp.anthropic import AgentLoop, AsyncAgentLoop
from fakes import Answer, Provider, message, refusal, text, tool_use
from scene import SCENE, actions, ask, async_governor, decide, governor, risky_item

QUESTION: MessageParam = {"role": "user", "content": "Write to Ada."}
ADA = {"to": "ada@north.example", "text": "Hello"}


def client(provider: Provider) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="test", base_url=provider.url, max_retries=0)


def result_of(request: dict[str, Any]) -> Any:
    """What the model got for its call of a tool."""
    (block,) = request["messages"][-1]["content"]
    return block


class Looping(unittest.TestCase):
    def setUp(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.item = risky_item(risk=0)

        @beta_tool
        def send_email(to: str, text: str) -> str:
            """Sends an e-mail."""
            if to == "nobody":
                raise ValueError("no such address")
            if to == "silent":
                raise TimeoutError("no answer")
            self.sent.append((to, text))
            return "sent"

        self.tool: Any = send_email

    def loop(self, provider: Provider, **options: Any) -> list[Any]:
        """Runs the loop; returns its messages."""
        messages = [QUESTION]
        with governor() as north:
            AgentLoop(
                self.item, "claude-sonnet-4-5", 100, client=client(provider), governor=north, tools=[self.tool],
                **{"estimated_cost": "0.05", **options},
            ).run(messages)
        return messages

    def test_each_answer_is_settled_by_its_usage_and_each_call_of_a_tool_is_an_action(self) -> None:
        pieces: list[str] = []
        for on_text in (None, pieces.append):
            self.setUp()
            first = message(tool_use("send_email", "toolu_1", **ADA), input_tokens=1000, output_tokens=100)
            last = message(text("It is sent."), input_tokens=500, output_tokens=10, cached=2000)
            with self.subTest(streams=on_text is not None), Provider(first, last) as provider:
                messages = self.loop(provider, on_text=on_text)
            self.assertEqual(self.sent, [("ada@north.example", "Hello")])
            self.assertEqual(
                actions(self.item),
                [
                    "answer succeeded claude-sonnet-4-5 1000 100 0.004500",
                    "send_email succeeded",
                    # 500 and 2000 from the cache, which Anthropic counts beside them.
                    "answer succeeded claude-sonnet-4-5 500 10 0.002250",
                ],
            )
            self.assertEqual(provider.requests[0]["tools"][0]["name"], "send_email")
            self.assertEqual(result_of(provider.requests[1])["content"], "sent")
            self.assertEqual([each["role"] for each in messages], ["user", "assistant", "user", "assistant"])
            key = "SELECT idempotency_key FROM awgp.governed_actions WHERE work_item_id = %s AND action = 'send_email'"
            self.assertEqual(ask(key, self.item), "toolu_1")
        self.assertEqual("".join(pieces), "It is sent.")

    def test_a_denial_is_a_result_that_the_model_can_read(self) -> None:
        @beta_tool
        def fly(to: str) -> str:
            """Flies there."""
            self.sent.append((to, "flown"))
            return "there"

        self.tool = fly
        asked = message(tool_use("fly", "toolu_1", to="Oslo"), input_tokens=1, output_tokens=1)
        with Provider(asked, message(text("I may not."), input_tokens=1, output_tokens=1)) as provider:
            self.loop(provider)
        told = result_of(provider.requests[1])
        self.assertTrue(told["is_error"])
        said = json.loads(told["content"])
        self.assertEqual((said["allowed"], said["reason"], self.sent), (False, "capability_missing", []))
        self.assertTrue(said["next_step"])

    def test_a_tool_that_fails_tells_the_model_and_awgp(self) -> None:
        for to, reason, outcome in [("nobody", "tool_failed", "failed"), ("silent", "outcome_unknown", "unknown")]:
            self.setUp()
            asked = message(tool_use("send_email", "toolu_1", to=to, text=""), input_tokens=1, output_tokens=1)
            with self.subTest(to=to), Provider(asked, message(text("No."), input_tokens=1, output_tokens=1)) as provider:
                self.loop(provider)
            self.assertEqual(json.loads(result_of(provider.requests[1])["content"])["reason"], reason)
            self.assertEqual(actions(self.item)[1], f"send_email {outcome}")

    def test_a_call_that_was_repeated_happens_once(self) -> None:
        asked = message(tool_use("send_email", "toolu_1", **ADA), input_tokens=1, output_tokens=1)
        with Provider(asked, asked, message(text("Yes."), input_tokens=1, output_tokens=1)) as provider:
            self.loop(provider)
        said = json.loads(result_of(provider.requests[2])["content"])
        self.assertEqual((said["reason"], len(self.sent)), ("already_acted", 1))

    def test_a_model_that_may_not_be_asked_is_not(self) -> None:
        with Provider() as provider, self.assertRaises(LimitReached):
            self.loop(provider, estimated_cost=10**6)
        self.assertEqual(provider.requests, [])

    def test_a_provider_that_refuses_has_cost_nothing(self) -> None:
        with Provider(refusal(400)) as provider, self.assertRaises(anthropic.BadRequestError):
            self.loop(provider)
        self.assertEqual(actions(self.item), ["answer failed"])

    def test_a_provider_that_cannot_be_reached_has_cost_nothing(self) -> None:
        with Provider() as gone:
            pass
        with self.assertRaises(anthropic.APIConnectionError):
            self.loop(gone)
        self.assertEqual(actions(self.item), ["answer failed"])

    def test_an_answer_that_breaks_off_is_unknown(self) -> None:
        answer = message(text("It is sent."), input_tokens=1000, output_tokens=100)
        for on_text in (None, lambda _: None):
            self.setUp()
            with self.subTest(streams=on_text is not None), Provider(answer.broken_off(3)) as provider:
                with self.assertRaises((anthropic.APIConnectionError, httpx2.TransportError)):
                    self.loop(provider, on_text=on_text)
            self.assertEqual(actions(self.item), ["answer unknown"])

    def test_a_stream_that_ends_with_an_error_has_cost_what_was_counted(self) -> None:
        whole = message(text("It is sent."), input_tokens=1000, output_tokens=100)
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        answer = Answer(whole.whole, [*whole.events[:3], ("error", error)])
        with Provider(answer) as provider, self.assertRaises(anthropic.APIStatusError):
            self.loop(provider, on_text=lambda _: None)
        self.assertEqual(actions(self.item), ["answer failed claude-sonnet-4-5 1000 1 0.003015"])

    def test_a_tool_that_is_not_there_is_no_action(self) -> None:
        asked = message(tool_use("fly", "toolu_1"), input_tokens=1, output_tokens=1)
        with Provider(asked, message(text("No."), input_tokens=1, output_tokens=1)) as provider:
            self.loop(provider)
        self.assertTrue(result_of(provider.requests[1])["is_error"])
        self.assertEqual([each.split()[0] for each in actions(self.item)], ["answer", "answer"])

    def test_a_call_waits_for_its_approval(self) -> None:
        with governor() as north:
            request = north.ask(self.item, "send_email", ADA)
        approver = threading.Thread(target=decide, args=("SELECT awgp.approve(%s)", request.id))
        asked = message(tool_use("send_email", "toolu_1", **ADA), input_tokens=1, output_tokens=1)

        def asked_and_approved(_: dict[str, Any]) -> Answer:
            approver.start()
            return asked

        with Provider(asked_and_approved, message(text("Yes."), input_tokens=1, output_tokens=1)) as provider:
            self.loop(provider, ask=60)
        approver.join()
        self.assertEqual((self.sent, actions(self.item)[1]), ([("ada@north.example", "Hello")], "send_email succeeded"))


class Asynchronously(unittest.IsolatedAsyncioTestCase):
    async def test_the_same_without_waiting(self) -> None:
        sent: list[str] = []

        @beta_async_tool
        async def send_email(to: str, text: str) -> str:
            """Sends an e-mail."""
            sent.append(to)
            return "sent"

        item = risky_item(risk=0)
        said: list[str] = []
        for on_text in (None, said.append):
            number = f"toolu_{len(sent)}"
            first = message(tool_use("send_email", number, **ADA), input_tokens=10, output_tokens=1)
            with Provider(first, message(text("Yes."), input_tokens=10, output_tokens=1)) as provider:
                async with (
                    async_governor() as north,
                    anthropic.AsyncAnthropic(api_key="test", base_url=provider.url, max_retries=0) as model,
                ):
                    loop = AsyncAgentLoop(
                        item, "claude-sonnet-4-5", 100, client=model, governor=north, tools=[send_email], on_text=on_text
                    )
                    await loop.run([QUESTION])
        self.assertEqual((sent, "".join(said)), (["ada@north.example"] * 2, "Yes."))
        self.assertEqual(len(actions(item)), 6)
        self.assertTrue(all(" succeeded" in each for each in actions(item)))


if __name__ == "__main__":
    unittest.main()
