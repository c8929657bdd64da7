"""Functions of each kind whose calls are actions, and what their arguments are."""

from __future__ import annotations

import inspect
import pickle
import unittest
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from awgp import Act, AlreadyActed, ApprovalNeeded, CapabilityMissing, governed
from scene import SCENE, ask, async_governor, governor, status

# SHA-256 of {"amount":10.5,"to":"ada@north.example"}
DIGEST = "c0ca721ff3779a8dbeae028541a6729e709272ea0f589ef353169e3743c0fd50"


def digest(act: Act) -> Any:
    return ask("SELECT arguments_digest FROM awgp.governed_actions WHERE id = %s", act.id)


class Deciding(unittest.TestCase):
    def test_each_call_of_a_function_is_an_action_with_its_arguments(self) -> None:
        with governor() as north:

            @governed(north, SCENE["item"], provider="openai", estimated_cost=1)
            def look(to: str, amount: float = 10.5, *, act: Act | None = None) -> str:
                assert act is not None
                act.spent("gpt-4", cost_amount="0.5")
                seen.append(act)
                return to.upper()

            seen: list[Act] = []
            self.assertEqual(look("ada@north.example"), "ADA@NORTH.EXAMPLE")
            self.assertEqual(digest(seen[0]), DIGEST)
            self.assertEqual(list(inspect.signature(look).parameters), ["to", "amount"])

    def test_a_method_is_not_called_with_itself(self) -> None:
        with governor() as north:
            seen: list[Act] = []

            class Eye:
                @governed(north, SCENE["item"])
                def look(self, to: str, amount: float, act: Act | None = None) -> None:
                    assert act is not None
                    seen.append(act)

            Eye().look("ada@north.example", 10.5)
            Eye().look(amount=10.5, to="ada@north.example")
            self.assertEqual([digest(act) for act in seen], [DIGEST, DIGEST])

    def test_a_call_that_does_not_fit_is_no_action(self) -> None:
        before = ask("SELECT count(*) FROM awgp.governed_actions")
        with governor() as north:

            @governed(north, SCENE["item"])
            def look(to: str) -> None:
                self.fail("it is not called")

            with self.assertRaises(TypeError):
                look()  # type: ignore[call-arg]
            with self.assertRaises(TypeError):
                look(object())  # type: ignore[arg-type]
        self.assertEqual(ask("SELECT count(*) FROM awgp.governed_actions"), before)

    def test_the_action_of_a_generator_ends_with_it(self) -> None:
        with governor() as north:
            seen: list[Act] = []

            @governed(north, SCENE["item"])
            def look(act: Act | None = None) -> Iterator[int]:
                assert act is not None
                seen.append(act)
                yield 1
                yield 2

            values = look()
            self.assertEqual(seen, [], "nothing has begun")
            self.assertEqual(next(values), 1)
            self.assertEqual(status(seen[0]), "begun")
            self.assertEqual((list(values), status(seen[0])), ([2], "succeeded"))
            values = look()
            next(values)
            values.close()  # type: ignore[attr-defined]
            self.assertEqual(status(seen[1]), "unknown")

    def test_a_function_takes_the_governor_of_its_kind(self) -> None:
        async def later() -> None:
            pass

        async def values() -> AsyncIterator[int]:
            yield 1

        for function in (later, values):
            with self.assertRaises(TypeError):
                governed(governor(), SCENE["item"])(function)
        with self.assertRaises(TypeError):
            governed(async_governor(), SCENE["item"])(lambda: None)


class Asynchronously(unittest.IsolatedAsyncioTestCase):
    async def test_async_functions_are_actions_too(self) -> None:
        seen: list[Act] = []
        async with async_governor() as north:

            @governed(north, SCENE["item"])
            async def look(to: str, amount: float = 10.5, act: Act | None = None) -> str:
                assert act is not None
                seen.append(act)
                self.assertEqual(status(act), "begun")
                return to

            @governed(north, SCENE["item"], "fly")
            async def fly() -> None:
                self.fail("it is denied")

            self.assertEqual(await look("ada@north.example"), "ada@north.example")
            self.assertEqual((status(seen[0]), digest(seen[0])), ("succeeded", DIGEST))
            with self.assertRaises(CapabilityMissing):
                await fly()

    async def test_the_action_of_an_async_generator_ends_with_it(self) -> None:
        seen: list[Act] = []
        async with async_governor() as north:

            @governed(north, SCENE["item"])
            async def look(act: Act | None = None) -> AsyncIterator[int]:
                assert act is not None
                seen.append(act)
                yield 1
                yield 2

            self.assertEqual([value async for value in look()], [1, 2])
            values = look()
            await values.__anext__()
            await values.aclose()  # type: ignore[attr-defined]
            self.assertEqual([status(act) for act in seen], ["succeeded", "unknown"])


class Writing(unittest.TestCase):
    def test_arguments_are_what_they_are_each_time(self) -> None:
        @dataclass
        class Letter:
            to: UUID
            amount: Decimal

        number = UUID("6f3f6a52-5c9b-4a3a-9d2c-1b7d1f6f0b11")
        when = datetime(2026, 3, 1, tzinfo=timezone.utc)
        plain = {"letter": {"to": str(number), "amount": "10.50"}, "when": "2026-03-01T00:00:00+00:00"}
        with governor() as north:
            acts = []
            for arguments in ({"letter": Letter(number, Decimal("10.50")), "when": when}, plain):
                with north.action(SCENE["item"], "look", arguments=arguments) as act:
                    acts.append(act)
            self.assertEqual(digest(acts[0]), digest(acts[1]))
            for refused in ({"at": object()}, {"some": {1, 2}}, {"cost": float("nan")}):
                with self.subTest(refused=refused), self.assertRaises((TypeError, ValueError)):
                    with north.action(SCENE["item"], "look", arguments=refused):
                        self.fail("it is not JSON")

    def test_an_error_comes_back_whole_from_another_process(self) -> None:
        with governor() as north, self.assertRaises(CapabilityMissing) as caught:
            with north.action(SCENE["item"], "fly"):
                self.fail("it is denied")
        needed = ApprovalNeeded("wait", "approval_pending", "Wait.", {"approval_id": str(UUID(int=1))})
        for error in (caught.exception, needed, AlreadyActed("failed", "4711", "Do not act.")):
            copy = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(copy), str(copy), copy.__dict__), (type(error), str(error), error.__dict__))


if __name__ == "__main__":
    unittest.main()
