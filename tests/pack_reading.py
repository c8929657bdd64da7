"""What follows from the trail and the files of an evidence pack, from docs/evidence.md, with the Python
standard library alone: records, sentences, and which rows of the time are not there."""
import hashlib
import json

import verify_audit

AFTER_BYTES_MAX = 1 << 20


def is_own(row):
    """Whether AWGP has recorded the event itself."""
    try:
        metadata = json.loads(row["metadata"] or "{}")
    except ValueError:
        return True
    return not (isinstance(metadata, dict) and "origin" in metadata)


def record_line(row):
    """The line of an event in a file of records."""
    def text(value):
        return "null" if value is None else json.dumps(value, ensure_ascii=False)
    after = row["after_state"]
    if after is None:
        after = "null"
    elif len(after.encode()) > AFTER_BYTES_MAX:
        after = '"too long: see the trail"'
    values = [str(row["id"]), str(row["chain_lane"]), str(row["chain_seq"])]
    values += [text(row[name]) for name in ("integrity_hash", "timestamp", "actor_type", "actor_id", "action",
                                            "entity_type", "entity_id")]
    names = ("audit_id chain_lane chain_seq integrity_hash timestamp actor_type actor_id action entity_type "
             "entity_id after").split()
    return "{" + ",".join(f'"{name}":{value}' for name, value in zip(names, [*values, after])) + "}\n"


class Reading:
    """The trail, row by row: what follows from it."""

    def __init__(self, mapping, tenant, time):
        self.mapping, self.tenant, self.time = mapping, tenant, time
        self.hashers = [hashlib.sha256() for _ in mapping["records"]]
        self.counts = [0 if "count" in sentence else None for sentence in mapping["sentences"]]
        self.actions, self.edges, self.foreign = set(), {}, 0

    def row(self, row):
        if row["tenant_id"] != self.tenant:
            self.foreign += 1
            return
        at, lane = verify_audit.microseconds(row["timestamp"]), row["chain_lane"]
        here = (row["chain_seq"], at)
        self.edges[lane] = (self.edges.get(lane, (here,))[0], here)
        if not self.time[0] <= at < self.time[1]:
            return
        place = next((place for place, record in enumerate(self.mapping["records"])
                      if any(take["entity_type"] == row["entity_type"] and take.get("action", row["action"]) == row["action"]
                             for take in record["take"])), None)
        if place is not None and not is_own(row):
            place = None
        file = None
        if place is not None:
            file = self.mapping["records"][place]["file"]
            self.hashers[place].update(record_line(row).encode())
            if row["entity_type"] == "governed_actions" and row["entity_id"] is not None:
                self.actions.add(row["entity_id"])
        for number, sentence in enumerate(self.mapping["sentences"]):
            if "count" in sentence and self.is_counted(sentence["count"], row, file):
                self.counts[number] += 1

    @staticmethod
    def is_counted(count, row, file):
        if "record" in count:
            return file == count["record"]
        if "entity_type" in count and file is None:
            return False
        if any(row[name] != count[name] for name in ("entity_type", "action") if name in count):
            return False
        if "column" not in count:
            return True
        after = json.loads(row["after_state"] or "{}")
        return isinstance(after, dict) and after.get(count["column"]) == count["value"]


def stated(mapping, files, absent, events, rows):
    """The sentences that follow from the files of a pack."""
    for place, sentence in enumerate(mapping["sentences"]):
        file, proof = sentence.get("file"), None
        if file is not None and file.endswith("/"):
            within = sorted(name for name in files if name.startswith(file))
            if within:
                listed = "".join(f"{files[name]}  {name}\n" for name in within)
                proof = (hashlib.sha256(listed.encode()).hexdigest(), len(within))
        elif file is not None:
            count = (rows if "rows" in sentence else events)[place]
            if file in files and count is not None:
                proof = (files[file], count)
        if proof is None:
            whats = {item["file"]: item["what"] for item in mapping["records"] + mapping["answers"]}
            reason = absent.get(file, "no reason is given")
            text = sentence.get("gap") or f"Not in this pack: {whats.get(file, file)}. {reason}"
        else:
            text = sentence["some"] if proof[1] else sentence["none"]
        yield {"id": sentence["id"], "parts": sentence["parts"],
               "text": text.replace("{count}", str(proof[1] if proof else 0)),
               "proof": proof and {"rests_on": sentence["rests_on"], "file": file, "sha256": proof[0], "count": proof[1],
                                   "events": sentence.get("count"), "rows": sentence.get("rows")}}


def lacking(time, edges, there, signed, elsewhere):
    """Rows that are not there and may be of the time, and whether the server says that they are in months of
    their own."""
    for lane in sorted(signed.keys() | edges.keys()):
        ranges, absent = there.get(lane, []), []
        if lane in edges and ranges:
            first, last = edges[lane]
            begins, ends = ranges[0][0], ranges[-1][1]
            if begins > 1 and first[1] >= time[0]:
                absent.append((1, begins - 1))
            absent += [(one[1] + 1, other[0] - 1) for one, other in zip(ranges, ranges[1:])]
            if signed.get(lane, 0) > ends and last[1] < time[1]:
                absent.append((ends + 1, signed[lane]))
        elif signed.get(lane, 0) > 0:
            absent.append((1, signed[lane]))
        for first, last in absent:
            yield lane, first, last, any(start <= last <= end for start, end in elsewhere.get(lane, []))
