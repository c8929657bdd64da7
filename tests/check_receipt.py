#!/usr/bin/env python3
"""Checks the receipt of an action from docs/audit_format.md, without any code of AWGP's.

Signature and paths are check_proof.py's, the canonical bytes verify_audit.py's; both were written
from the documentation too.

usage: check_receipt.py FILE PUBLIC_KEY

Exit code: 0 it holds, 1 it does not, 2 the file or the command line cannot be read.
"""
import binascii
import json
import struct
import sys

# In a pack that was unpacked nothing may be added beside the scripts.
sys.dont_write_bytecode = True

from check_proof import Unproven, included, leaf, opened, trees  # noqa: E402
from verify_audit import DECODER  # noqa: E402

TABLES = {"action": "governed_actions", "approval": "approvals", "vote": "approval_decisions", "cost": "cost_transactions"}
ACTIONS = {"action": ("insert", "update", "action.reconciled"), "approval": ("insert", "update"),
           "vote": ("insert",), "cost": ("insert",)}


# What an action has from its beginning to its end.
KEPT = "action work_item_id assistant_id provider arguments_digest approval_id begun_at".split()


class Number(str):
    """A number as its digits."""


def state(text):
    return json.loads(text, parse_float=Number, parse_int=Number)


def is_hidden(value):
    return value == "[masked]" or isinstance(value, dict) and list(value) in (["left_out"], ["erasable"])


def fit(part, field, own, other):
    if own != other:
        row = part["row"]
        raise Unproven(f"event {row['id']} ({part['part']}): {field} does not fit")


def versions(parts, kind, key):
    """The last state of one row, of which every version must be there."""
    last = None
    for part in parts:
        fit(part, "entity_id", part["row"]["entity_id"], key)
    for part in parts:
        row = part["row"]
        after = state(row["after_state"])
        fit(part, "id", after["id"], key)
        if last is None:
            if row["action"] != "insert":
                raise Unproven(f"the receipt has no event that makes the {kind}")
        else:
            fit(part, "action", row["action"], "update")
            before = state(row["before_state"])
            hidden = {name for name in before if is_hidden(before[name]) or is_hidden(last.get(name))} | {"updated_at"}
            if any(name not in last or before[name] != last[name] for name in before.keys() - hidden):
                raise Unproven(f"the receipt has no event that changes the {kind} before event {row['id']}")
        last = after
    if last is None:
        raise Unproven(f"the receipt has no event that makes the {kind}")
    return last


def signed(receipt, public_key):
    """The parts in the order of the trail: each is in what was signed, and of its kind."""
    found = trees(opened(receipt["note"], public_key)).get(receipt["tenant_id"])
    if found is None:
        raise Unproven("the note says nothing of the receipt's tenant")
    size, root = found
    parts = sorted(receipt["parts"], key=lambda part: part["row"]["id"])
    for part, before in zip(parts, [None, *parts]):
        row = part["row"]
        if not included(root, size, part["leaf_index"], leaf(row), [bytes.fromhex(h) for h in part["path"]]):
            raise Unproven(f"event {row['id']} ({part['part']}) is not what was signed")
        fit(part, "tenant_id", row["tenant_id"], receipt["tenant_id"])
        fit(part, "entity_type", row["entity_type"], TABLES[part["part"]])
        fit(part, "action", row["action"] in ACTIONS[part["part"]], True)
        fit(part, "metadata", "origin" in state(row["metadata"]), False)
        fit(part, "id", before is not None and before["row"]["id"] == row["id"], False)
        if row["action"] != "action.reconciled":
            fit(part, "tenant_id", state(row["after_state"])["tenant_id"], receipt["tenant_id"])
    return parts, size


def check_approval(parts, action, votes):
    """The approval, and who voted on it."""
    own = action["approval_id"]
    approval = None
    if own or parts:
        key = own or parts[0]["row"]["entity_id"]
        approval = versions(parts, "approval", key)
        last = parts[-1]
        fit(last, "work_item_id", approval["work_item_id"], action["work_item_id"])
        fit(last, "action", approval["action"], action["action"] if own else None)
        fit(last, "arguments_digest", approval["arguments_digest"], action["arguments_digest"] if own else None)
        fit(last, "status", approval["status"], "approved")
        fit(last, "used_at", bool(approval["used_at"]) and approval["used_at"] <= action["begun_at"], True)
    approvers = []
    for part in votes:
        vote = state(part["row"]["after_state"])
        fit(part, "id", vote["id"], part["row"]["entity_id"])
        fit(part, "approval_id", vote["approval_id"], approval and approval["id"])
        fit(part, "decision", vote["decision"] in ("approve", "break_glass"), True)
        fit(part, "approver_id", vote["approver_id"] in approvers, False)
        approvers.append(vote["approver_id"])
    for part in parts:
        before, after = part["row"]["before_state"], state(part["row"]["after_state"])
        if before and state(before)["status"] != "approved" == after["status"] and after["approved_by"] not in approvers:
            raise Unproven(f"the receipt has no vote of {after['approved_by']}, who approved")
    return approval and approval["id"], approvers


def check_cost(parts, action):
    """The amount of the entry of the ledger."""
    amount = None
    for part in parts:
        entry = state(part["row"]["after_state"])
        fit(part, "entity_id", (part["row"]["entity_id"], amount), (action["cost_transaction_id"], None))
        fit(part, "id", entry["id"], part["row"]["entity_id"])
        for column in ("work_item_id", "assistant_id", *(["provider"] if action["provider"] else [])):
            fit(part, column, entry[column], action[column])
        amount = str(entry["cost_amount"])
    if action["cost_transaction_id"] and amount is None:
        raise Unproven("the receipt has no entry of the ledger")
    return amount


def check_receipt(receipt, public_key):
    if sorted(receipt) != sorted("awgp format tenant_id action_id summary parts note".split()):
        raise ValueError("the fields are not those of a receipt")
    if (receipt["awgp"], receipt["format"]) != ("receipt", 1):
        raise ValueError("this is no receipt of format 1")
    parts, size = signed(receipt, public_key)
    of = {kind: [part for part in parts if part["part"] == kind] for kind in TABLES}
    said = [part for part in of["action"] if part["row"]["action"] == "action.reconciled"]
    changes = [part for part in of["action"] if part not in said]
    action = versions(changes, "action", receipt["action_id"])
    reconciled = None
    for part in said:
        told = state(part["row"]["after_state"])
        fit(part, "entity_id", (part["row"]["entity_id"], told["action"]), (receipt["action_id"],) * 2)
        fit(part, "action", reconciled, None)
        was = [state(change["row"]["after_state"])["status"] for change in changes]
        fit(part, "status", told["status"] in was, True)
        reconciled = told["reason"]
    approval_id, approver_ids = check_approval(of["approval"], action, of["vote"])
    told = {name: action[name] for name in ("action work_item_id assistant_id status begun_at finished_at arguments_digest "
                                            "finish_digest cost_transaction_id").split()}
    told |= {"reconciled": reconciled, "approval_id": approval_id, "approver_ids": approver_ids,
             "cost_amount": check_cost(of["cost"], action)}
    states = [state(change["row"]["after_state"]) for change in changes]
    for name in KEPT:
        fit(changes[-1], name, action[name], states[0][name])
    for before in states:
        fit(changes[-1], "cost_transaction_id", action["cost_transaction_id"],
            before["cost_transaction_id"] or action["cost_transaction_id"])
    for name in told.keys() | receipt["summary"].keys():
        if name not in told or receipt["summary"].get(name, ...) != told[name]:
            raise Unproven(f"the summary: {name} is not what the events say")
    return f"action {receipt['action_id']}: {action['status']}, {len(parts)} events of {size}"


def main(arguments):
    if len(arguments) != 2:
        raise ValueError(__doc__)
    with open(arguments[0], encoding="utf-8", newline="\n") as file:
        text = file.read()
    try:
        print(check_receipt(DECODER.decode(text), arguments[1]))
    except Unproven as error:
        print(error)
        return True
    return False


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, KeyError, TypeError, OSError, struct.error, binascii.Error) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
