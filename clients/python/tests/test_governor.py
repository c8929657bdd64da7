"""Actions, refusals and approvals against a server."""

from __future__ import annotations

import threading
import unittest
from decimal import Decimal
from uuid import UUID, uuid4

from awgp import (
    Act,
    AlreadyActed,
    ApprovalNeeded,
    ApprovalRejected,
    ArgumentsMismatch,
    AwgpError,
    CapabilityMissing,
    Governor,
    LimitReached,
    NoCreditPool,
    OutcomeUnknown,
)
from scene import LETTER, SCENE, URL, ask, decide, governor, risky_item, status

class Performing(unittest.TestCase):
    def test_what_is_allowed_is_performed_and_its_cost_is_settled(self) -> None:
        with governor() as north:
            with north.action(SCENE["item"], "look", arguments=LETTER, provider="openai", estimated_cost="1.50") as act:
                self.assertEqual(status(act), "begun")
                act.spent("gpt-4", 10, 20, Decimal("1.25"))
                act.result({"seen": True})
            assert act.finished is not None
            self.assertEqual((status(act), act.finished.cost_amount), ("succeeded", Decimal("1.250000")))

    def test_the_end_of_the_body_is_the_outcome(self) -> None:
        class Lost(OutcomeUnknown):
            pass

        for error, outcome in [
            (ValueError("no"), "failed"),
            (TimeoutError("no answer"), "unknown"),
            (ConnectionResetError(), "unknown"),
            (Lost(), "unknown"),
            (KeyboardInterrupt(), "unknown"),
        ]:
            with self.subTest(outcome=outcome, error=error), governor() as north:
                with self.assertRaises(type(error)):
                    with north.action(SCENE["item"], "look", provider="openai") as act:
                        act.spent("gpt-4", 1, 1, Decimal("0.01"))
                        raise error
                self.assertEqual(status(act), outcome)

    def test_one_key_is_one_action(self) -> None:
        with governor() as north:
            key = str(uuid4())
            with north.action(SCENE["item"], "look", arguments=LETTER, key=key):
                pass
            with self.assertRaises(AlreadyActed) as caught:
                with north.action(SCENE["item"], "look", arguments=LETTER, key=key):
                    self.fail("it is not performed again")
            self.assertEqual(caught.exception.status, "succeeded")
            with self.assertRaises(AwgpError) as conflict:
                with north.action(SCENE["item"], "look", arguments={}, key=key):
                    self.fail("it is another call")
            self.assertEqual(conflict.exception.reason, "idempotency_conflict")


class Refusing(unittest.TestCase):
    def test_a_denial_is_an_exception_by_its_reason_and_in_the_trail(self) -> None:
        with governor() as north:
            for kind, action, provider, cost in [
                (CapabilityMissing, "fly", None, None),
                (LimitReached, "look", "openai", 10**6),
                (NoCreditPool, "look", "nobody", 1),
            ]:
                with self.subTest(action=action), self.assertRaises(kind) as caught:
                    with north.action(SCENE["item"], action, provider=provider, estimated_cost=cost):
                        self.fail("it is denied")
                self.assertTrue(caught.exception.hint and caught.exception.next_step)
        denied = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'action.denied' AND entity_id = %s"
        self.assertGreaterEqual(ask(denied, SCENE["item"]), 3)

    def test_an_error_has_its_reason(self) -> None:
        with governor() as north, self.assertRaises(AwgpError) as caught:
            with north.action(uuid4(), "look"):
                self.fail("there is no such item")
        self.assertEqual(caught.exception.reason, "unknown_work_item")
        with Governor(URL, tenant="nowhere", user="nobody@north.example", assistant="x") as nobody, self.assertRaises(AwgpError) as caught:
            with nobody.action(uuid4(), "look"):
                self.fail("there is no such tenant")
        self.assertEqual(caught.exception.reason, "unknown_tenant")
        with self.assertRaises(ValueError):
            Governor(URL, assistant="x")

    def test_what_names_nothing_is_named(self) -> None:
        with governor() as north, self.assertRaisesRegex(ValueError, "work item 'zz'"):
            with north.action("zz", "look"):
                self.fail("it is no id")
        nobody = Governor(URL, tenant=SCENE["tenant"], user=SCENE["operator"], assistant="nobody")
        with nobody, self.assertRaises(AwgpError) as caught:
            with nobody.action(SCENE["item"], "look"):
                self.fail("there is no such assistant")
        self.assertEqual(caught.exception.reason, "unknown_assistant")
        self.assertIn("nobody", str(caught.exception))
        self.assertIn("assistant_list", caught.exception.hint)


class Approving(unittest.TestCase):
    def test_what_is_approved_is_what_runs(self) -> None:
        item = risky_item()
        with governor() as north:
            with self.assertRaises(ApprovalNeeded):
                with north.action(item, "look", arguments=LETTER):
                    self.fail("nobody has approved it")
            request = north.ask(item, "look", LETTER, title="May it be sent?")
            self.assertTrue(request.is_open)
            decide("SELECT awgp.approve(%s)", request.id)
            with self.assertRaises(ArgumentsMismatch):
                with north.action(item, "look", arguments={**LETTER, "amount": 99}):
                    self.fail("something else is approved")
            with north.action(item, "look", arguments=LETTER) as act:
                self.assertEqual(act.begun.approval_id, request.id)

    def test_asking_waits_for_the_decision(self) -> None:
        for sql, kind in [("SELECT awgp.approve(%s)", None), ("SELECT awgp.reject(%s, 'no')", ApprovalRejected)]:
            item = risky_item()

            def later(sql: str = sql, item: str = item) -> None:
                open_one = "SELECT id FROM awgp.approvals WHERE work_item_id = %s AND status = 'pending'"
                number = None
                while number is None:
                    number = ask(open_one, item)
                decide(sql, number)

            approver = threading.Thread(target=later)
            with self.subTest(sql=sql), governor() as north:
                approver.start()
                if kind is None:
                    with north.action(item, "look", arguments=LETTER, ask=60) as act:
                        pass
                    self.assertEqual(status(act), "succeeded")
                else:
                    with self.assertRaises(kind):
                        with north.action(item, "look", arguments=LETTER, ask=60):
                            self.fail("it is rejected")
            approver.join()

    def test_people_are_asked_about_each_call_while_another_one_waits(self) -> None:
        item, other = risky_item(), {**LETTER, "to": "bob"}
        with governor() as north:
            north.ask(item, "look", LETTER)
            with self.assertRaises(ApprovalNeeded) as caught:
                with north.action(item, "look", arguments=other):
                    self.fail("nobody has approved it")
            self.assertEqual((caught.exception.reason, caught.exception.open_approval), ("approval_required", None))
            with self.assertRaises(ApprovalNeeded) as caught:
                with north.action(item, "look", arguments=other, ask=0):
                    self.fail("nobody has approved it")
            self.assertEqual(caught.exception.reason, "approval_pending")
        asked = "SELECT count(*) FROM awgp.approvals WHERE work_item_id = %s"
        self.assertEqual(ask(asked, item), 2)

    def test_who_does_not_want_to_wait_longer_is_told_so(self) -> None:
        item = risky_item()
        with governor() as north:
            for _ in range(2):
                with self.assertRaises(ApprovalNeeded) as caught:
                    with north.action(item, "look", arguments=LETTER, ask=0):
                        self.fail("nobody has approved it")
                self.assertEqual(caught.exception.reason, "approval_pending")
        asked = "SELECT count(*) FROM awgp.approvals WHERE work_item_id = %s"
        self.assertEqual(ask(asked, item), 1, "nobody is asked twice")


if __name__ == "__main__":
    unittest.main()
