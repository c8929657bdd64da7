#!/usr/bin/env python3
"""Verifies AWGP's audit log from docs/audit_format.md, with the Python standard library alone.

usage: verify_audit.py vectors FILE
       verify_audit.py log FILE.jsonl... [--install-id UUID] [--checkpoint NOTE|DIR]... [--public-key KEY]
                                         [--part] [--json]
       verify_audit.py cases FILE

Exit code: 0 nothing found, 1 something found, 2 a file or the command line cannot be read.
"""
import functools
import hashlib
import json
import os
import re
import struct
import sys

# In a pack that was unpacked nothing may be added beside the scripts.
sys.dont_write_bytecode = True

import signed_note  # noqa: E402
import stop_proof  # noqa: E402
import witness  # noqa: E402

COLUMNS = ("id timestamp tenant_id actor_type actor_id action entity_type entity_id before_state after_state "
           "metadata chain_lane chain_seq integrity_hash").split()
TIMESTAMP = re.compile(r"([0-9]{4}|[+-][0-9]{6})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
                       r"\.([0-9]{6})Z")
HASH = re.compile(r"[0-9a-f]{64}")
UUID = re.compile(signed_note.UUID)
NULL = b"\xff\xff\xff\xff"


def once(pairs):
    item = dict(pairs)
    if len(item) != len(pairs):
        raise ValueError("a field stands twice")
    return item


DECODER = json.JSONDecoder(object_pairs_hook=once)


@functools.lru_cache(1 << 16)
def days(year, month, day):
    """Days since 1970-01-01 UTC, for any year."""
    long = 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    if not 1 <= month <= 12 or not 1 <= day <= (31, long, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]:
        raise ValueError(f"there is no day {year}-{month}-{day}")
    # A year that begins in March has its leap day last; 400 of them have 146097 days.
    year, month = (year - 1, month + 9) if month < 3 else (year, month - 3)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1 - 719468


def microseconds(text):
    """The moment as microseconds since 1970-01-01 UTC, for any year."""
    match = TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(f"bad timestamp {text!r}")
    year, month, day, hour, minute, second, us = map(int, match.groups())
    is_long = len(match[1]) > 4
    if hour > 23 or minute > 59 or second > 59 or is_long == (0 <= year <= 9999):
        raise ValueError(f"bad timestamp {text!r}")
    return (((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + us


@functools.lru_cache(1 << 14)
def uuid_bytes(text):
    if not UUID.fullmatch(text):
        raise ValueError(f"{text!r} is no uuid in lower case with hyphens")
    return bytes.fromhex(text.replace("-", ""))


def integer(value, bits=63):
    if type(value) is not int or not -1 << bits <= value < 1 << bits:
        raise ValueError(f"{value!r} is no number of the format")
    return value


def digest(text):
    if type(text) is not str or not HASH.fullmatch(text):
        raise ValueError(f"{text!r} is no hash")
    return bytes.fromhex(text)


def field(value):
    if value is None:
        return NULL
    value = value.encode("utf-8") if isinstance(value, str) else value
    return len(value).to_bytes(4, "big") + value


def uuid_field(value):
    return NULL if value is None else b"\0\0\0\x10" + uuid_bytes(value)


def canonical(row):
    try:
        lane, seq, number, hashed = row["chain_lane"], row["chain_seq"], row["id"], row["integrity_hash"]
        texts = row["actor_type"], row["action"], row["entity_type"]
        states = row["before_state"], row["after_state"], row["metadata"]
        if len(row) != 14 or not type(lane) is type(seq) is type(number) is int:
            raise ValueError("a row's fields are not the columns, or are not of their types")
        return b"".join((
            b"awgp-audit-row\x00\x01", uuid_bytes(row["tenant_id"]),
            struct.pack(">hqqq", lane, seq, number, microseconds(row["timestamp"])),
            *map(field, map(str.encode, texts[:1])), uuid_field(row["actor_id"]),
            *map(field, map(str.encode, texts[1:])), uuid_field(row["entity_id"]),
            *[NULL if state is None else field(str.encode(state)) for state in states],
            str.encode(hashed)[:0]))
    except (KeyError, TypeError, struct.error) as error:
        raise ValueError(f"a row's fields are not the columns, or are not of their types: {error}") from None


def genesis_bytes(install_id, tenant_id, lane):
    return (b"awgp-audit-gen\x00\x01" + uuid_field(install_id) + uuid_field(tenant_id)
            + field(struct.pack(">h", lane)))


def adoption_bytes(install_id, tenant_id, lane, last_seq, last_hash):
    return (b"awgp-audit-adp\x00\x01" + uuid_field(install_id) + uuid_field(tenant_id)
            + field(struct.pack(">h", lane)) + field(struct.pack(">q", last_seq)) + field(last_hash))


def sha256(data):
    return hashlib.sha256(data).digest()


def link(previous, row):
    return sha256(previous + canonical(row))


FIELDS = {
    "header": {"format", "install_id"},
    "run": {"tenant_id", "first_leaf", "chain_lane", "first_seq", "last_seq"},
    "absent": {"tenant_id", "first_leaf", "leaves", "hashes"},
    "lane": {"tenant_id", "chain_lane", "after_seq", "after_hash", "head_seq", "head_hash"},
    "end": {"rows"},
}


class Log:
    """A file, line by line: where its chains do not hold, and what it has."""

    def __init__(self, install_id=None, links=frozenset(), trees=frozenset(), see=None):
        self.see, self.expected, self.links, self.trees = see, install_id, links, trees
        self.install_id = self.stated = self.format = self.ordering = self.lane = self.head = self.row_place = None
        self.seq = self.previous = self.rows = 0
        # An order was read since the last lane line: no row may follow.
        self.between = False
        # Lane to what is there and what holds, and what was asked for; tenant to the order of its leaves.
        self.breaks, self.there, self.held, self.adopted = [], {}, {}, set()
        self.foreign, self.at, self.orders = set(), {}, {}

    def line(self, number, text):
        item = DECODER.decode(text)
        if type(item) is not dict:
            raise ValueError(f"line {number} is no object")
        if not text.startswith('{"awgp":'):
            if self.install_id is None or self.stated is not None:
                raise ValueError(f"line {number} may not stand here")
            return self.row(number, item)
        mark = item.pop("awgp")
        if type(mark) is not str or item.keys() != FIELDS.get(mark):
            raise ValueError(f"line {number} is of an unknown kind, or has other fields")
        if (mark == "header") != (number == 1) or self.stated is not None:
            raise ValueError(f"line {number} may not stand here")
        return getattr(self, f"{mark}_line")(number, item)

    def header_line(self, _, item):
        self.format, self.stated_install = integer(item["format"]), item["install_id"]
        uuid_bytes(self.stated_install)
        if self.format not in (1, 2):
            raise ValueError(f"format {self.format} is not known here")
        self.install_id = self.expected or self.stated_install

    def end_line(self, _, item):
        self.stated = integer(item["rows"])

    def order(self, number, tenant):
        uuid_bytes(tenant)
        is_next = tenant == self.ordering or not self.orders or max(self.orders) < tenant
        if self.format < 2 or not is_next or self.lane and self.lane[0] >= tenant:
            raise ValueError(f"line {number} may not stand here")
        self.ordering, self.between = tenant, True
        return self.orders.setdefault(tenant, witness.Order())

    def run_line(self, number, item):
        first, last = integer(item["first_seq"]), integer(item["last_seq"])
        order, lane = self.order(number, item["tenant_id"]), integer(item["chain_lane"], 15)
        order.run(integer(item["first_leaf"]), lane, first, last)

    def absent_line(self, number, item):
        if type(item["hashes"]) is not list:
            raise ValueError(f"line {number} has no list of hashes")
        hashes = [digest(text) for text in item["hashes"]]
        order = self.order(number, item["tenant_id"])
        order.absent(integer(item["first_leaf"]), integer(item["leaves"]), hashes)

    def genesis(self, lane):
        return sha256(genesis_bytes(self.install_id, *lane))

    def close_lane(self):
        if self.head is not None and self.head != (self.seq, self.previous):
            self.breaks.append([*self.lane, self.head[0]])
        self.head = None

    def close(self):
        if self.lane and self.last[0] > self.open[0]:
            self.held.setdefault(self.lane, []).append((self.open, self.last))

    def enter(self, number, lane, after_seq):
        """Begins a lane after another one, or after a gap of its own."""
        is_next = self.lane is None or self.lane < lane or (
            self.lane == lane and after_seq is not None and after_seq > self.last[0])
        if not is_next or self.ordering and self.ordering > lane[0]:
            raise ValueError(f"line {number} may not stand here")
        if (self.lane is None or self.lane[0] != lane[0]) and lane[0] in self.orders:
            self.orders[lane[0]].begin()

    def begin(self, lane, after):
        self.close_lane()
        adopted = None
        if self.lane == lane and (self.seq, self.previous) == self.last:
            adopted = (self.last[0] + 1, sha256(adoption_bytes(self.install_id, *lane, *self.last)))
        self.seq, self.previous = after
        if adopted == after:
            self.adopted.add((*lane, after[0]))
            self.note(after[0])
            self.last = after
            return
        self.close()
        if after[0] == 0 and after[1] != self.genesis(lane):
            self.foreign.add(lane)
        self.lane, self.open, self.last = lane, after, after
        self.ranges = self.there.setdefault(lane, [])

    def lane_line(self, number, item):
        lane = (item["tenant_id"], integer(item["chain_lane"], 15))
        uuid_bytes(lane[0])
        after, head = integer(item["after_seq"]), item["head_seq"]
        hashed = item["after_hash"] if item["after_hash"] is None else digest(item["after_hash"])
        if after < 0 or (hashed is None and after) or (head is None) != (item["head_hash"] is None) or (
                head is not None and integer(head) < after):
            raise ValueError(f"line {number}: these links cannot be a lane's")
        self.enter(number, lane, after)
        self.between = False
        self.begin(lane, (after, self.genesis(lane) if hashed is None else hashed))
        self.head = None if head is None else (head, digest(item["head_hash"]))

    def note(self, seq):
        if self.ranges and seq - 1 <= self.ranges[-1][1]:
            self.ranges[-1][1] = max(seq, self.ranges[-1][1])
        else:
            self.ranges.append([seq, seq])

    def row(self, number, item):
        data = canonical(item)
        lane, seq = (item["tenant_id"], item["chain_lane"]), item["chain_seq"]
        place = (lane, seq, item["id"])
        if self.between or self.row_place is not None and place < self.row_place:
            raise ValueError(f"line {number} may not stand here")
        self.row_place = place
        if lane != self.lane:
            if self.format > 1:
                raise ValueError(f"line {number}: its lane has no line")
            self.enter(number, lane, None)
            self.begin(lane, (0, self.genesis(lane)))
        self.rows += 1
        stored = item["integrity_hash"]
        stored = bytes.fromhex(stored) if HASH.fullmatch(stored) else None
        holds = (stored is not None and self.previous is not None and sha256(self.previous + data) == stored
                 and seq == self.seq + 1)
        self.note(seq)
        if (*lane, seq) in self.links:
            self.at.setdefault((*lane, seq), stored or bytes(32))
        here = (seq, stored or bytes(32))
        if not holds:
            self.breaks.append([*lane, seq])
            self.close()
            self.open = here
        self.last = here
        self.seq, self.previous = seq, stored
        if lane[0] in self.orders:
            wanted = lane[0] in self.trees and stored is not None
            self.orders[lane[0]].row(lane[1], seq, sha256(b"\x00" + data + stored) if wanted else None)
        if self.see:
            self.see(item)

    def finish(self):
        if self.install_id is None:
            raise ValueError("line 1 is not a header")
        if self.lane:
            self.close_lane()
            self.close()
        if self.stated != self.rows:
            raise ValueError(f"the end line counts {self.stated} rows, the file has {self.rows}")
        return self


def read_log(lines, install_id=None, asked=((), ()), see=None):
    log = Log(install_id, *map(frozenset, asked), see)
    for number, line in enumerate(lines, 1):
        try:
            log.line(number, line)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} is none of the format's: {error}") from None
    return log.finish()


def verify(lines, install_id=None):
    """[tenant, lane, number] of each place where the chain does not hold."""
    return read_log(lines, install_id).breaks


def judge(files, notes, is_part=False, install_id=None):
    """Files, each as its lines, and notes, each as its name and what it states: what is found, what each note
    proves, and what is the files' own word."""
    asked, stops = witness.asked(notes), stop_proof.Proofs()
    logs = [read_log(lines, install_id, asked, stops.learn) for lines in files]
    answer = judge_logs(logs, notes, is_part, install_id)
    if stops.stops:
        for lines in files:
            judge_stops(lines, stops)
        for lane in set().union(*(log.adopted for log in logs)):
            stops.adopted(lane[:2], lane[2])
    return {**answer, "stops": list(stops.finish(answer["found"], answer["proved"], bool(notes)))}


def judge_logs(logs, notes, is_part=False, install_id=None):
    """What is found, what each note proves, and what is the own word of files that were read."""
    found = [["chain", *place] for log in logs for place in log.breaks]
    found += [["install", log.stated_install] for log in logs if install_id not in (None, log.stated_install)]
    found += [["lacking", tenant, *place] for log in logs for tenant, order in log.orders.items()
              for place in order.lacking()]
    return witness.witness(logs, notes, is_part, found)


def judge_stops(lines, stops):
    """Reads a file once more, which was read to its end before."""
    if hasattr(lines, "seek"):
        lines.seek(0)
    for line in lines:
        item = json.loads(line)
        if "awgp" not in item:
            stops.judge(item)
        elif item["awgp"] == "lane":
            stops.link(item)


def check_vectors(vectors):
    """Yields what does not agree with the vectors."""
    for item in vectors["genesis"]:
        data = genesis_bytes(item["install_id"], item["tenant_id"], item["chain_lane"])
        if data.hex() != item["bytes"] or hashlib.sha256(data).hexdigest() != item["hash"]:
            yield f"genesis of lane {item['chain_lane']} of {item['tenant_id']}"
    for item in vectors["adoptions"]:
        data = adoption_bytes(item["install_id"], item["tenant_id"], item["chain_lane"], item["last_seq"],
                              bytes.fromhex(item["last_hash"]))
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
        if verify(item["lines"]) != item["breaks"]:
            yield f"log: {item['name']}"


def check_cases(cases):
    """Yields the answer to each case: files and notes in one JSON document."""
    read = functools.lru_cache(signed_note.read)
    for case in cases["cases"]:
        try:
            notes = [(name, read(note, cases["public_key"])) for name, note in case["notes"]]
            answer = judge(case["files"], notes, case["is_part"])
        except (ValueError, RecursionError) as error:
            answer = {"refused": str(error)}
        yield json.dumps({"name": case["name"], **answer})


def open_text(path):
    with open(path, "rb") as file:
        if file.read(4) == b"\x28\xb5\x2f\xfd":
            raise ValueError(f"{path} is compressed: zstd -d {path}")
    return open(path, encoding="utf-8", newline="\n")


def notes_of(paths, public_key):
    notes = {}
    for path in paths:
        folder = sorted(os.listdir(path)) if os.path.isdir(path) else None
        files = [path] if folder is None else [os.path.join(path, name) for name in folder if name.endswith(".note")]
        for file in files:
            with open(file, encoding="utf-8", newline="") as note:
                notes[file] = note.read()
    if not notes:
        return
    keys = signed_note.Keys(public_key, notes.values())
    for file, note in notes.items():
        try:
            yield os.path.basename(file), keys.read(note)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None


def log_command(arguments):
    files, checkpoints, options = [], [], {"--install-id": None, "--public-key": None}
    flags = {"--part": False, "--json": False}
    arguments = iter(arguments)
    for argument in arguments:
        if argument in flags:
            flags[argument] = True
        elif argument == "--checkpoint":
            checkpoints.append(next(arguments, ""))
        elif argument in options:
            options[argument] = next(arguments, "")
        else:
            files.append(argument)
    install_id, public_key = options.values()
    if not files or bool(checkpoints) != (public_key is not None):
        raise ValueError(__doc__)
    if install_id is not None:
        uuid_bytes(install_id)
    if public_key is not None and os.path.isfile(public_key):
        with open(public_key, encoding="utf-8") as file:
            public_key = file.read()
    notes = list(notes_of(checkpoints, public_key))
    if checkpoints and not notes:
        raise ValueError("there is no note")
    answer = judge([open_text(path) for path in files], notes, flags["--part"], install_id)
    if flags["--json"]:
        print(json.dumps(answer))
    else:
        stops = [line for stop in answer["stops"] for line in stop_proof.told(stop)]
        print("\n".join([*stops, *witness.told(answer)]))
    return bool(answer["found"]) or any(stop["state"] == "contradicted" for stop in answer["stops"])


def main(arguments):
    if arguments[:1] == ["log"]:
        return log_command(arguments[1:])
    if len(arguments) != 2 or arguments[0] not in ("vectors", "cases"):
        raise ValueError(__doc__)
    with open(arguments[1], encoding="utf-8", newline="\n") as file:
        document = json.load(file)
    if arguments[0] == "cases":
        print("\n".join(check_cases(document)))
        return False
    found = [f"does not agree: {what}" for what in check_vectors(document)]
    print("\n".join(found) or "every vector agrees")
    return bool(found)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, KeyError, OSError, struct.error) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
