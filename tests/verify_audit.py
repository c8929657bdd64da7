#!/usr/bin/env python3
"""Verifies AWGP's audit log from docs/audit_format.md, with the Python standard library alone.

usage: verify_audit.py vectors FILE
       verify_audit.py log FILE.jsonl [--install-id UUID]

Exit code: 0 nothing found, 1 something found, 2 the file or the command line cannot be read.
"""
import hashlib
import json
import re
import struct
import sys
import uuid

COLUMNS = ("id timestamp tenant_id actor_type actor_id action entity_type entity_id before_state after_state "
           "metadata chain_lane chain_seq integrity_hash").split()
TIMESTAMP = re.compile(r"(\d{4}|[+-]\d{6,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z")
HASH = re.compile(r"[0-9a-f]{64}")


def microseconds(text):
    """The moment as microseconds since 1970-01-01 UTC, for any year."""
    match = TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(f"bad timestamp {text!r}")
    year, month, day, hour, minute, second, us = map(int, match.groups())
    # A year that begins in March has its leap day last; 400 of them have 146097 days.
    year, month = (year - 1, month + 9) if month < 3 else (year, month - 3)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1 - 719468
    return ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + us


def field(value):
    value = value.encode("utf-8") if isinstance(value, str) else value
    return b"\xff\xff\xff\xff" if value is None else struct.pack(">I", len(value)) + value


def uuid_field(value):
    return field(None if value is None else uuid.UUID(value).bytes)


def canonical(row):
    if sorted(row) != sorted(COLUMNS):
        raise ValueError("a row's fields are not the columns")
    return b"".join((
        b"awgp-audit-row\x00\x01",
        uuid.UUID(row["tenant_id"]).bytes,
        struct.pack(">hqqq", row["chain_lane"], row["chain_seq"], row["id"], microseconds(row["timestamp"])),
        field(row["actor_type"]), uuid_field(row["actor_id"]),
        field(row["action"]), field(row["entity_type"]), uuid_field(row["entity_id"]),
        field(row["before_state"]), field(row["after_state"]), field(row["metadata"])))


def genesis_bytes(install_id, tenant_id, lane):
    return (b"awgp-audit-gen\x00\x01" + uuid_field(install_id) + uuid_field(tenant_id)
            + field(struct.pack(">h", lane)))


def adoption_bytes(install_id, tenant_id, lane, last_seq, last_hash):
    return (b"awgp-audit-adp\x00\x01" + uuid_field(install_id) + uuid_field(tenant_id)
            + field(struct.pack(">h", lane)) + field(struct.pack(">q", last_seq)) + field(bytes.fromhex(last_hash)))


def link(previous, row):
    return hashlib.sha256(previous + canonical(row)).digest()


def verify(lines, install_id=None):
    """Yields [tenant, lane, number] of each place where the chain does not hold."""
    lane = head = seq = previous = stated = None
    rows = 0
    for number, line in enumerate(lines, 1):
        item = json.loads(line)
        mark = item.get("awgp")
        if (mark == "header") != (number == 1) or stated is not None:
            raise ValueError(f"line {number} may not stand here")
        if mark == "header":
            if item["format"] != 1:
                raise ValueError(f"format {item['format']} is not known here")
            install_id = install_id or item["install_id"]
        elif mark == "end":
            stated = item["rows"]
        else:
            here = (item["tenant_id"], item["chain_lane"])
            if mark == "lane" or here != lane:
                if head not in (None, (seq, previous)):
                    yield [*lane, head[0]]
                lane, head = here, None
                seq, previous = 0, hashlib.sha256(genesis_bytes(install_id, *lane)).digest()
            if mark == "lane":
                seq = item["after_seq"]
                if item["after_hash"] is not None:
                    previous = bytes.fromhex(item["after_hash"])
                if item["head_seq"] is not None and item["head_hash"] is not None:
                    head = (item["head_seq"], bytes.fromhex(item["head_hash"]))
            elif mark is None:
                rows += 1
                stored = item["integrity_hash"]
                stored = bytes.fromhex(stored) if HASH.fullmatch(stored) else None
                fits = None not in (previous, stored) and link(previous, item) == stored
                if not fits or item["chain_seq"] != seq + 1:
                    yield [*lane, item["chain_seq"]]
                seq, previous = item["chain_seq"], stored
            else:
                raise ValueError(f"line {number} is of an unknown kind")
    if head not in (None, (seq, previous)):
        yield [*lane, head[0]]
    if stated != rows:
        raise ValueError(f"the end line counts {stated} rows, the file has {rows}")


def check_vectors(vectors):
    """Yields what does not agree with the vectors."""
    for item in vectors["genesis"]:
        data = genesis_bytes(item["install_id"], item["tenant_id"], item["chain_lane"])
        if data.hex() != item["bytes"] or hashlib.sha256(data).hexdigest() != item["hash"]:
            yield f"genesis of lane {item['chain_lane']} of {item['tenant_id']}"
    for item in vectors["adoptions"]:
        data = adoption_bytes(item["install_id"], item["tenant_id"], item["chain_lane"], item["last_seq"], item["last_hash"])
        if (data.hex(), hashlib.sha256(data).hexdigest(), item["last_seq"] + 1) != (
                item["bytes"], item["adopted_hash"], item["adopted_seq"]):
            yield f"adoption of lane {item['chain_lane']} of {item['tenant_id']}"
    for item in vectors["rows"]:
        row = item["row"]
        hashed = link(bytes.fromhex(item["previous"]), row).hex()
        if (microseconds(row["timestamp"]), canonical(row).hex(), hashed) != (
                item["timestamp_us"], item["canonical"], item["integrity_hash"]):
            yield f"row: {item['name']}"
    for item in vectors["logs"]:
        if list(verify(item["lines"])) != item["breaks"]:
            yield f"log: {item['name']}"


def main(arguments):
    install_id = None
    if len(arguments) == 4 and arguments[2] == "--install-id":
        install_id = str(uuid.UUID(arguments.pop()))
        arguments.pop()
    if len(arguments) != 2 or arguments[0] not in ("vectors", "log"):
        raise ValueError(__doc__)
    with open(arguments[1], encoding="utf-8", newline="\n") as file:
        if arguments[0] == "vectors":
            found = [f"does not agree: {what}" for what in check_vectors(json.load(file))]
            print("\n".join(found) or "every vector agrees")
            return bool(found)
        found = 0
        for found, (tenant_id, lane, number) in enumerate(verify(file, install_id), 1):
            print(f"the chain does not hold: tenant {tenant_id} lane {lane} at {number}")
        print(f"{found} found")
        return bool(found)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, KeyError, OSError, struct.error) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
