"""Runs of the OpenAI Agents SDK, governed, against providers on the loopback address, in both of OpenAI's
wire formats."""

from __future__ import annotations

import json
import unittest
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
from agents import (
    Agent,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    set_tracing_disabled,
)
from awgp import AsyncGovernor, OutcomeUnknown
from awgp.openai_agents import RunGuard, governed_tool
from awgp.tools import Terms
from fakes import Answer, Provider, completion, refusal, response
from scene import actions, ask, async_governor, risky_item

ADA = {"to": "ada@north.example", "text": "Hello"}
ASKED: Any = {"calls": (("send_email", "call_1", ADA),), "input_tokens": 1000, "output_tokens": 100}
DONE: Any = {"input_tokens": 1000, "output_tokens": 10, "cached": 800}
FORMATS: list[tuple[Callable[..., Answer], Any]] = [
    (completion, OpenAIChatCompletionsModel),
    (response, OpenAIResponsesModel),
]
set_tracing_disabled(True)


class Running(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.item = risky_item(risk=0)
        self.sent: list[tuple[str, str]] = []

    def agent(self, north: AsyncGovernor, client: openai.AsyncOpenAI, kind: Any, terms: Terms = Terms()) -> Agent[Any]:
        @governed_tool(north, lambda: self.item, terms)
        async def send_email(to: str, text: str) -> str:
            """Sends an e-mail."""
            if to == "nobody":
                raise ValueError("no such address")
            if to == "silent":
                raise TimeoutError("no answer")
            self.sent.append((to, text))
            return "sent"

        @governed_tool(north, lambda: self.item)
        def fly(to: str) -> str:
            """Flies there."""
            self.sent.append((to, "flown"))
            return "there"

        self.guard = RunGuard(north, lambda: self.item, "answer", provider="openai", estimated_cost="0.05")
        model = kind("gpt-4o", client)
        return Agent(name="Scribe", tools=[send_email, fly], input_guardrails=[self.guard.guardrail], model=model)

    @asynccontextmanager
    async def scribe(self, provider: Provider, kind: Any = OpenAIResponsesModel) -> AsyncIterator[Agent[Any]]:
        async with (
            async_governor() as north,
            openai.AsyncOpenAI(api_key="test", base_url=f"{provider.url}/v1", max_retries=0) as client,
        ):
            yield self.agent(north, client, kind)

    async def test_a_run_is_settled_by_its_usage_and_each_call_of_a_tool_is_an_action(self) -> None:
        for make, kind in FORMATS:
            for streams in (False, True):
                self.setUp()
                answers = make(**ASKED), make("It is sent.", **DONE)
                with self.subTest(kind=kind, streams=streams), Provider(*answers) as provider:
                    async with self.scribe(provider, kind) as agent, self.guard.run() as hooks:
                        if streams:
                            streamed = Runner.run_streamed(agent, "Write to Ada.", hooks=hooks)
                            async for _ in streamed.stream_events():
                                pass
                            output = streamed.final_output
                        else:
                            output = (await Runner.run(agent, "Write to Ada.", hooks=hooks)).final_output
                self.assertEqual((output, self.sent), ("It is sent.", [("ada@north.example", "Hello")]))
                self.assertEqual(
                    actions(self.item),
                    # 0.0035, and 200 at 0.0000025, 800 from the cache at 0.00000125, 10 at 0.00001.
                    ["answer succeeded gpt-4o 2000 110 0.005100", "send_email succeeded"],
                )
                key = "SELECT idempotency_key FROM awgp.governed_actions WHERE work_item_id = %s AND action = 'send_email'"
                self.assertEqual(ask(key, self.item), "call_1")

    def told(self, provider: Provider) -> Any:
        """What the model got for its call of a tool."""
        (result,) = [each for each in provider.requests[1]["input"] if each.get("type") == "function_call_output"]
        return json.loads(result["output"])

    async def test_a_denial_is_a_result_that_the_model_can_read(self) -> None:
        asked = response(calls=(("fly", "call_1", {"to": "Oslo"}),), input_tokens=1, output_tokens=1)
        with Provider(asked, response("I may not.", input_tokens=1, output_tokens=1)) as provider:
            async with self.scribe(provider) as agent, self.guard.run() as hooks:
                await Runner.run(agent, "Fly.", hooks=hooks)
        told = self.told(provider)
        self.assertEqual((told["allowed"], told["reason"], self.sent), (False, "capability_missing", []))
        self.assertTrue(told["next_step"])

    async def test_a_tool_that_fails_tells_the_model_and_awgp(self) -> None:
        for to, reason, outcome in [("nobody", "tool_failed", "failed"), ("silent", "outcome_unknown", "unknown")]:
            self.setUp()
            call = ("send_email", "call_1", {"to": to, "text": ""})
            asked = response(calls=(call,), input_tokens=1, output_tokens=1)
            with self.subTest(to=to), Provider(asked, response("No.", input_tokens=1, output_tokens=1)) as provider:
                async with self.scribe(provider) as agent, self.guard.run() as hooks:
                    await Runner.run(agent, "Write.", hooks=hooks)
            self.assertEqual(self.told(provider)["reason"], reason)
            self.assertEqual(actions(self.item)[1], f"send_email {outcome}")

    async def test_a_run_that_is_denied_asks_no_model(self) -> None:
        self.item = risky_item()
        with Provider() as provider:
            async with self.scribe(provider) as agent:
                with self.assertRaises(InputGuardrailTripwireTriggered) as caught:
                    async with self.guard.run() as hooks:
                        await Runner.run(agent, "Write.", hooks=hooks)
        info = caught.exception.guardrail_result.output.output_info
        self.assertEqual((info["reason"], provider.requests, actions(self.item)), ("approval_required", [], []))

    async def test_an_agent_without_the_guardrail_asks_no_model(self) -> None:
        with Provider() as provider:
            async with self.scribe(provider) as agent:
                agent.input_guardrails = []
                with self.assertRaises(RuntimeError):
                    async with self.guard.run() as hooks:
                        await Runner.run(agent, "Write.", hooks=hooks)
                agent.input_guardrails = [self.guard.guardrail]
                with self.assertRaises(RuntimeError):
                    await Runner.run(agent, "Write.")
        self.assertEqual((provider.requests, actions(self.item)), ([], []))

    async def test_a_run_that_fails_has_cost_what_was_spent_before(self) -> None:
        with Provider(response(**ASKED), refusal(400)) as provider:
            async with self.scribe(provider) as agent:
                with self.assertRaises(openai.BadRequestError):
                    async with self.guard.run() as hooks:
                        await Runner.run(agent, "Write.", hooks=hooks)
        self.assertEqual(actions(self.item)[0], "answer failed gpt-4o 1000 100 0.003500")
        self.setUp()
        with Provider(response(**ASKED)) as provider:
            async with self.scribe(provider) as agent:
                with self.assertRaises(MaxTurnsExceeded):
                    async with self.guard.run() as hooks:
                        await Runner.run(agent, "Write.", hooks=hooks, max_turns=1)
        self.assertEqual(actions(self.item)[0], "answer failed gpt-4o 1000 100 0.003500")

    async def test_an_answer_that_breaks_off_is_unknown(self) -> None:
        for make, kind in FORMATS:
            for streams in (False, True):
                self.setUp()
                answer = make("It is sent.", **DONE).broken_off(2)
                with self.subTest(kind=kind, streams=streams), Provider(answer) as provider:
                    async with self.scribe(provider, kind) as agent:
                        with self.assertRaises((openai.APIConnectionError, httpx2.TransportError)):
                            async with self.guard.run() as hooks:
                                if streams:
                                    streamed = Runner.run_streamed(agent, "Write to Ada.", hooks=hooks)
                                    async for _ in streamed.stream_events():
                                        pass
                                else:
                                    await Runner.run(agent, "Write to Ada.", hooks=hooks)
                self.assertEqual(actions(self.item), ["answer unknown"])

    async def test_a_stream_that_is_left_before_its_end_is_unknown(self) -> None:
        with Provider(response("It is sent.", **DONE).stalled(3)) as provider:
            async with self.scribe(provider) as agent:
                with self.assertRaises(OutcomeUnknown):
                    async with self.guard.run() as hooks:
                        streamed = Runner.run_streamed(agent, "Write to Ada.", hooks=hooks)
                        async for event in streamed.stream_events():
                            if event.type == "raw_response_event":
                                break
                        streamed.cancel()
        self.assertEqual(actions(self.item), ["answer unknown"])


if __name__ == "__main__":
    unittest.main()
