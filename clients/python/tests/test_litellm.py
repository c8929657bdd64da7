"""LiteLLM's completions within actions, against providers on the loopback address. gpt-4o is in AWGP's price
list, gpt-4o-mini in that of LiteLLM alone (0.00000015 and 0.0000006), and mystery in none."""

from __future__ import annotations

import os
import unittest
from typing import Any

# LiteLLM would fetch its price list when it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from awgp import AwgpError, LimitReached, OutcomeUnknown
from awgp.litellm import Costs
from fakes import Provider, completion, message, refusal, text
from litellm.exceptions import BadRequestError, InternalServerError
from scene import actions, async_governor, governor, risky_item

QUESTION = [{"role": "user", "content": "How are you?"}]
USAGE: Any = {"input_tokens": 1000, "output_tokens": 100}
#: A busy machine may need longer than the usual ten seconds.
COSTS = Costs(patience=120)
#: For streams that are left before their end.
HASTY = Costs(patience=0.2)
litellm.callbacks += [COSTS, HASTY]
litellm.suppress_debug_info = True


def options(provider: Provider, model: str = "openai/gpt-4o", **further: Any) -> dict[str, Any]:
    base = provider.url if model.startswith("anthropic") else f"{provider.url}/v1"
    return {"model": model, "messages": QUESTION, "api_base": base, "api_key": "test", "max_retries": 0, **further}


WHOLE: Any = {}
STREAM: Any = {"stream": True, "stream_options": {"include_usage": True}}


class Completing(unittest.TestCase):
    def setUp(self) -> None:
        self.item = risky_item(risk=0)

    def complete(self, provider: Provider, costs: Costs = COSTS, model: str = "openai/gpt-4o", **further: Any) -> str:
        """Completes within an action; returns what was said."""
        with governor() as north, costs.action(north, self.item, "answer", provider=model.split("/")[0],
                                               estimated_cost="0.5"):
            answer: Any = litellm.completion(**options(provider, model, **further))
            if "stream" not in further:
                return str(answer.choices[0].message.content)
            return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)

    def test_a_completion_is_settled_by_its_usage(self) -> None:
        for further in (WHOLE, STREAM):
            self.setUp()
            with self.subTest(further=further), Provider(completion("I am well.", **USAGE)) as provider:
                self.assertEqual(self.complete(provider, **further), "I am well.")
            self.assertEqual(actions(self.item), ["answer succeeded gpt-4o 1000 100 0.003500"])

    def test_tokens_from_the_cache_cost_less(self) -> None:
        with Provider(completion("Yes.", cached=800, **USAGE)) as provider:
            self.complete(provider)
        self.assertEqual(actions(self.item), ["answer succeeded gpt-4o 1000 100 0.002500"])

    def test_a_provider_that_leaves_them_out_is_understood(self) -> None:
        with Provider(message(text("Yes."), input_tokens=500, output_tokens=10, cached=2000)) as provider:
            self.complete(provider, model="anthropic/claude-sonnet-4-5")
        self.assertEqual(actions(self.item), ["answer succeeded claude-sonnet-4-5 500 10 0.002250"])

    def test_a_model_that_is_not_in_the_price_list_costs_what_litellm_says(self) -> None:
        with Provider(completion("Yes.", model="gpt-4o-mini", **USAGE)) as provider:
            self.complete(provider, model="openai/gpt-4o-mini")
        self.assertEqual(actions(self.item), ["answer succeeded gpt-4o-mini 1000 100 0.000210"])

    def test_a_model_that_nobody_knows_keeps_its_money_held(self) -> None:
        with Provider(completion("Yes.", model="mystery", **USAGE)) as provider, self.assertRaises(AwgpError) as caught:
            self.complete(provider, model="openai/mystery")
        self.assertEqual((caught.exception.reason, actions(self.item)), ("unknown_price", ["answer unknown"]))

    def test_several_completions_add_up(self) -> None:
        with Provider(*[completion("Yes.", **USAGE)] * 2) as provider, governor() as north:
            with COSTS.action(north, self.item, "answer", provider="openai", estimated_cost="0.5"):
                for _ in range(2):
                    litellm.completion(**options(provider))
        self.assertEqual(actions(self.item), ["answer succeeded gpt-4o 2000 200 0.007000"])

    def test_what_happens_outside_is_none_of_it(self) -> None:
        with Provider(*[completion("Yes.", **USAGE)] * 3) as provider, governor() as north:
            litellm.completion(**options(provider))
            with COSTS.action(north, self.item, "answer", provider="openai"):
                with COSTS.action(north, self.item, "look", provider="openai"):
                    litellm.completion(**options(provider))
                litellm.completion(**options(provider))
        self.assertEqual(
            actions(self.item),
            ["answer succeeded gpt-4o 1000 100 0.003500", "look succeeded gpt-4o 1000 100 0.003500"],
        )

    def test_a_denied_completion_does_not_happen(self) -> None:
        with Provider() as provider, governor() as north, self.assertRaises(LimitReached):
            with COSTS.action(north, self.item, "answer", provider="openai", estimated_cost=10**6):
                litellm.completion(**options(provider))
        self.assertEqual(provider.requests, [])

    def test_a_provider_that_refuses_has_cost_nothing(self) -> None:
        with Provider(refusal(400)) as provider, self.assertRaises(BadRequestError):
            self.complete(provider)
        self.assertEqual(actions(self.item), ["answer failed"])

    def test_an_error_after_a_completion_does_not_make_it_free(self) -> None:
        with Provider(completion("Yes.", **USAGE)) as provider, governor() as north, self.assertRaises(ValueError):
            with COSTS.action(north, self.item, "answer", provider="openai", estimated_cost="0.5"):
                litellm.completion(**options(provider))
                raise ValueError
        self.assertEqual(actions(self.item), ["answer failed gpt-4o 1000 100 0.003500"])

    def test_an_answer_that_breaks_off_is_unknown(self) -> None:
        for further in (WHOLE, STREAM):
            self.setUp()
            with self.subTest(further=further), Provider(completion("Yes.", **USAGE).broken_off(2)) as provider:
                with self.assertRaises(Exception):
                    self.complete(provider, **further)
            self.assertEqual(actions(self.item), ["answer unknown"])

    def test_a_provider_that_cannot_be_reached_has_cost_nothing(self) -> None:
        for further in (WHOLE, STREAM):
            self.setUp()
            with Provider() as gone:
                pass
            with self.subTest(further=further), self.assertRaises(InternalServerError):
                self.complete(gone, **further)
            self.assertEqual(actions(self.item), ["answer failed"])

    def test_a_stream_that_is_left_before_its_end_is_unknown(self) -> None:
        with Provider(completion("I am well.", **USAGE)) as provider, governor() as north:
            with self.assertRaises(OutcomeUnknown):
                with HASTY.action(north, self.item, "answer", provider="openai", estimated_cost="0.5"):
                    stream: Any = litellm.completion(**options(provider, **STREAM))
                    next(iter(stream))
        self.assertEqual(actions(self.item), ["answer unknown"])

    def test_a_callback_that_litellm_does_not_know_is_refused(self) -> None:
        with governor() as north, self.assertRaises(RuntimeError):
            with Costs().action(north, self.item, "answer"):
                self.fail("it would cost nothing")
        self.assertEqual(actions(self.item), [])


class Asynchronously(unittest.IsolatedAsyncioTestCase):
    async def test_the_same_for_asyncio(self) -> None:
        for further in (WHOLE, STREAM):
            item = risky_item(risk=0)
            with self.subTest(further=further), Provider(completion("I am well.", **USAGE)) as provider:
                async with async_governor() as north:
                    async with COSTS.action_async(north, item, "answer", provider="openai", estimated_cost="0.5"):
                        answer: Any = await litellm.acompletion(**options(provider, **further))
                        if further:
                            said = [chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices]
                            self.assertEqual("".join(said), "I am well.")
            self.assertEqual(actions(item), ["answer succeeded gpt-4o 1000 100 0.003500"])

    async def test_failures_are_too(self) -> None:
        for answer, outcome in [(refusal(400), "failed"), (completion("Yes.", **USAGE).broken_off(2), "unknown")]:
            item = risky_item(risk=0)
            with self.subTest(outcome=outcome), Provider(answer) as provider, self.assertRaises(Exception):
                async with async_governor() as north:
                    async with COSTS.action_async(north, item, "answer", provider="openai", estimated_cost="0.5"):
                        async for _ in await litellm.acompletion(**options(provider, **STREAM)):
                            pass
            self.assertEqual(actions(item), [f"answer {outcome}"])


if __name__ == "__main__":
    unittest.main()
