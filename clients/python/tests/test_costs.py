"""What an action has cost, and reports that are refused. gpt-4o has the prices 0.0000025, 0.00000125 from the
cache, and 0.00001 for output."""

from __future__ import annotations

import unittest
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import psycopg
from awgp import Act, AwgpError
from awgp.report import is_broken_off
from scene import SCENE, URL, ask, governor, status


def cost(act: Act) -> Any:
    sql = """SELECT (t.model, t.input_tokens, t.output_tokens, t.cost_amount)::text FROM awgp.governed_actions a
             JOIN awgp.cost_transactions t ON t.id = a.cost_transaction_id WHERE a.id = %s"""
    return ask(sql, act.id)


class Settling(unittest.TestCase):
    def settle(self, *spent: dict[str, Any]) -> Act:
        with governor() as north:
            with north.action(SCENE["item"], "look", provider="openai", estimated_cost="0.5") as act:
                for each in spent:
                    act.spent(**each)
        return act

    def test_the_price_list_gives_the_amount(self) -> None:
        act = self.settle({"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100})
        self.assertEqual(cost(act), "(gpt-4o,1000,100,0.003500)")

    def test_tokens_from_the_cache_cost_what_the_list_says(self) -> None:
        act = self.settle({"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100, "cached_tokens": 800})
        self.assertEqual(cost(act), "(gpt-4o,1000,100,0.002500)")

    def test_several_calls_add_up(self) -> None:
        one = {"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100}
        self.assertEqual(cost(self.settle(one, one)), "(gpt-4o,2000,200,0.007000)")
        other = {"model": "other", "input_tokens": 1, "output_tokens": 2, "cost_amount": "0.25"}
        self.assertEqual(cost(self.settle(one, other)), '("gpt-4o, other",1001,102,0.253500)')

    def test_a_model_without_a_price_costs_what_is_said_for_it(self) -> None:
        odd = {"model": "odd", "input_tokens": 10, "output_tokens": 1, "otherwise": "0.125"}
        self.assertEqual(cost(self.settle(odd)), "(odd,10,1,0.125000)")
        one = {"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100, "otherwise": "99"}
        self.assertEqual(cost(self.settle(one)), "(gpt-4o,1000,100,0.003500)", "the price list comes first")

    def test_a_price_that_nobody_knows_keeps_the_money_held_until_it_is_said(self) -> None:
        with governor() as north:
            with self.assertRaises(AwgpError) as caught:
                with north.action(SCENE["item"], "look", provider="openai", estimated_cost="0.5") as act:
                    act.spent("odd", 10, 1)
            self.assertEqual((caught.exception.reason, status(act)), ("unknown_price", "unknown"))
            act.costs("odd", 10, 1, "0.25")
            north.finish(act)
            self.assertEqual((status(act), cost(act)), ("succeeded", "(odd,10,1,0.250000)"))

    def test_what_is_no_amount_is_refused_where_it_is_said(self) -> None:
        with governor() as north:
            for wrong in ({"cost_amount": 0.1}, {"cost_amount": "-1"}, {"input_tokens": -1}, {"otherwise": "NaN"}):
                with self.subTest(wrong=wrong), self.assertRaises((TypeError, ValueError)):
                    with north.action(SCENE["item"], "look", provider="openai") as act:
                        act.spent("gpt-4o", **wrong)
                self.assertEqual(status(act), "failed")
            cost: Any = 0.1
            with self.assertRaises(TypeError):
                with north.action(SCENE["item"], "look", provider="openai", estimated_cost=cost):
                    self.fail("a float is not exact")

    def test_a_result_that_is_too_large_keeps_the_outcome_open(self) -> None:
        with governor() as north:
            with self.assertRaises(AwgpError) as caught:
                with north.action(SCENE["item"], "look") as act:
                    act.result("x" * 70_000)
            self.assertEqual((caught.exception.reason, status(act)), ("out_of_range", "unknown"))


class Ending(unittest.TestCase):
    def test_what_went_wrong_in_the_body_is_what_the_caller_hears(self) -> None:
        for error in (ValueError("no"), KeyboardInterrupt()):
            with self.subTest(error=error), governor() as north:
                there = north._connections
                with self.assertLogs("awgp", "WARNING"), self.assertRaises(type(error)) as caught:
                    with north.action(SCENE["item"], "look") as act:
                        north._connections = Unreachable()
                        raise error
                north._connections = there
            self.assertIs(caught.exception, error)
            self.assertIsNone(act.finished)

    def test_an_interruption_while_it_begins_leaves_nothing_held_but_under_a_key(self) -> None:
        class Interrupted(psycopg.Cursor[Any]):
            interrupts = 1

            def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
                answer = super().execute(query, *args, **kwargs)
                if "begin_action" in str(query) and Interrupted.interrupts:
                    Interrupted.interrupts -= 1
                    # As if Ctrl-C came when the server has committed, and has not answered yet.
                    self.connection.commit()
                    raise KeyboardInterrupt
                return answer

        class Pool:
            def connection(self) -> psycopg.Connection[Any]:
                return Autocommitting.connect(URL, cursor_factory=Interrupted)

            def check(self) -> None:
                pass

        class Autocommitting(psycopg.Connection[Any]):
            def transaction(self, *args: Any, **kwargs: Any) -> Any:
                return nullcontext()

        last = "SELECT status FROM awgp.governed_actions WHERE work_item_id = %s ORDER BY begun_at DESC LIMIT 1"
        # Under a key of the caller's it stays: whoever asks again gets this very action.
        for key, status in ((None, "abandoned"), (f"interrupted-{uuid4()}", "begun")):
            Interrupted.interrupts = 1
            with self.subTest(key=key), self.assertRaises(KeyboardInterrupt):
                with governor(Pool()).action(SCENE["item"], "look", provider="openai", estimated_cost="1", key=key):
                    self.fail("it is interrupted")
            self.assertEqual(ask(last, SCENE["item"]), status)


class BreakingOff(unittest.TestCase):
    def test_the_last_that_happened_on_the_network_tells(self) -> None:
        class Wrapped(Exception):
            pass

        class Unsent(ConnectionError):
            pass

        def broke_off(*happened: type[Exception]) -> bool:
            error: Exception | None = None
            for kind in happened:
                outer = kind()
                outer.__cause__, error = error, outer
            assert error is not None
            return is_broken_off(error, unsent=(Unsent,), network=(EOFError,), wrapped=(Wrapped,))

        for happened, is_unknown in [
            ((EOFError, Wrapped), True),
            ((ConnectionRefusedError, Unsent, Wrapped), False),
            ((Unsent, EOFError, Wrapped), True),
            ((Wrapped,), True),
            ((Wrapped, ValueError), True),
            ((ValueError,), False),
        ]:
            with self.subTest(happened=happened):
                self.assertEqual(broke_off(*happened), is_unknown)


class Unreachable:
    """A server that is not there."""

    def connection(self) -> Any:
        raise psycopg.OperationalError("not there")

    def check(self) -> None:
        pass


if __name__ == "__main__":
    unittest.main()
