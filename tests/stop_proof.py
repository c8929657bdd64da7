"""What exported files prove of stops, from docs/stop.md, "What the trail proves", with the Python standard
library alone."""
import json
import re

from signed_note import UUID
from witness import lacking, merged

ID = re.compile(UUID)
SCOPES = ("assistant", "tenant", "holding", "installation")
KINDS = ("begun", "head_differs", "head_missing", "rows_missing", "not_said", "said_twice", "unreadable")
LACKS = ("head_missing", "rows_missing", "unreadable")


def no_number(text):
    raise ValueError(f"{text} is no number of JSON")


def parsed(text):
    """What a state says; None where there is none, or it is no JSON. JSON's null is [None]'s element."""
    if text is None:
        return None
    try:
        return [json.loads(text, parse_constant=no_number)]
    except (ValueError, RecursionError):
        return None


def has(text, key):
    """Whether a JSON object has the key at its top."""
    value = parsed(text)
    return value is not None and type(value[0]) is dict and key in value[0]


def is_id(value):
    return type(value) is str and ID.fullmatch(value) is not None


def is_number(value, bits):
    return type(value) is int and -1 << bits <= value < 1 << bits


def event(text):
    """What an event of a stop says; None where it cannot be one."""
    state = parsed(text)
    state = state[0] if state else None
    if type(state) is not dict or state.get("scope") not in SCOPES or type(state.get("heads")) is not list:
        return None
    ids = [state.get("tenant_id"), state.get("assistant_id")]
    tenants = [] if state.get("tenants") is None else state["tenants"]
    if not all(value is None or is_id(value) for value in ids) or type(tenants) is not list or not all(
            map(is_id, tenants)) or (ids[1] is not None) != (state["scope"] == "assistant"):
        return None
    heads = {}
    for head in state["heads"]:
        if type(head) is not list or len(head) != 3 or not is_number(head[0], 15) or not is_number(
                head[1], 63) or head[1] < 1 or type(head[2]) is not str or head[0] in heads:
            return None
        heads[head[0]] = (head[1], head[2])
    reason = state.get("reason")
    return {"scope": state["scope"], "tenant_id": ids[0], "assistant_id": ids[1], "heads": heads,
            "reason": reason if type(reason) is str else None, "tenants": tenants}


def beginning(row):
    """None where a row begins nothing, otherwise the assistants for whom; [] where they are not named, and
    "unclear" where it cannot be told whether it does."""
    kind = (row["entity_type"], row["action"])
    if kind not in (("governed_actions", "insert"), ("credit_reservations", "insert"), ("work_items", "update"),
                    ("message", "message.allowed")):
        return None
    if has(row["metadata"], "origin") or has(row["metadata"], "imported"):
        return None
    after = parsed(row["after_state"])
    if after is None:
        return "unclear"
    after = after[0] if type(after[0]) is dict else {}
    if kind[0] == "message":
        return [one for one in (row["entity_id"], after.get("to_assistant_id")) if is_id(one)]
    if kind[0] == "work_items":
        before = parsed(row["before_state"])
        if before is None or "status" not in after:
            return "unclear"
        before = before[0] if type(before[0]) is dict else {}
        if after["status"] != "in_progress" or all(
                (key in before, before.get(key)) == (key in after, after.get(key))
                for key in ("status", "assistant_id")):
            return None
    return [after["assistant_id"]] if is_id(after.get("assistant_id")) else []


def place(found):
    """The order of findings: those of a whole trail before those of a lane."""
    tenant, lane, seq, kind, audit_id, detail = found
    absent = (lane is not None, lane or 0, seq is not None, seq or 0)
    return tenant, absent, KINDS.index(kind), audit_id is not None, audit_id or 0, detail


class Stop:
    """What was read of one stop: tenant to its events, and what does not fit."""

    def __init__(self):
        self.marks, self.found = {}, set()

    def find(self, kind, row, detail):
        self.found.add((row["tenant_id"], row["chain_lane"], row["chain_seq"], kind, row["id"], detail))

    def judge(self, row, whom):
        marks = self.marks.get(row["tenant_id"])
        if marks is None:
            return
        lane, seq = row["chain_lane"], row["chain_seq"]
        began, ended = marks.get("stop.began"), marks.get("stop.ended")
        if began and seq <= head(began, lane) or ended and seq > head(ended, lane):
            return
        stopped = (began or ended)["assistant_id"]
        if whom != "unclear" and stopped and whom and stopped not in whom:
            return
        if whom != "unclear" and (not stopped or whom):
            self.find("begun", row, f"something began while it was stopped: {row['entity_type']}")
        else:
            self.find("unreadable", row, "it cannot be told whether this row begins something in the scope")


def head(mark, lane):
    return mark["heads"].get(lane, (0, None))[0]


class Proofs:
    """The proofs of the stops in files. Every row is learned, then every line is judged."""

    def __init__(self):
        self.stops, self.of_tenant, self.shown = {}, {}, set()
        # Lane to the numbers that are there; the hashes at the numbers of heads; tenant to beginnings.
        self.there, self.links, self.begun = {}, {}, {}

    def learn(self, row):
        tenant, action = row["tenant_id"], row["action"]
        self.shown.add(tenant)
        if row["entity_type"] != "stop" or action not in ("stop.began", "stop.ended") or row["entity_id"] is None:
            return
        if has(row["metadata"], "origin"):
            return
        stop = self.stops.setdefault(row["entity_id"], Stop())
        said = event(row["after_state"])
        if said is None:
            stop.find("unreadable", row, "the event of the stop cannot be read")
            return
        marks = stop.marks.setdefault(tenant, {})
        said["at"] = (row["chain_lane"], row["chain_seq"], row["integrity_hash"])
        said["time"] = row["timestamp"]
        if action in marks:
            if marks[action]["at"] != said["at"]:
                stop.find("said_twice", row, "the trail has this event of the stop twice")
            return
        marks[action] = said
        for lane, (seq, _) in said["heads"].items():
            self.links.setdefault((tenant, lane, seq), set())
        self.of_tenant.setdefault(tenant, set()).add(row["entity_id"])

    def judge(self, row):
        tenant, lane, seq = row["tenant_id"], row["chain_lane"], row["chain_seq"]
        if tenant not in self.of_tenant:
            return
        is_new = self.note((tenant, lane), seq)
        if (tenant, lane, seq) in self.links:
            self.links[tenant, lane, seq].add((row["integrity_hash"], row["id"]))
        whom = beginning(row)
        if whom is None:
            return
        self.begun[tenant] = self.begun.get(tenant, 0) + is_new
        for stop in self.of_tenant[tenant]:
            self.stops[stop].judge(row, whom)

    def note(self, lane, seq):
        """Adds a number to those that are there. False where it is there already."""
        ranges = self.there.setdefault(lane, [])
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1][1] = seq
        elif any(first <= seq <= last for first, last in ranges):
            return False
        else:
            self.there[lane] = merged([*ranges, [seq, seq]])
        return True

    def link(self, item):
        """What a lane line says that the rows after it follow."""
        at = (item["tenant_id"], item["chain_lane"], item["after_seq"])
        if item["after_hash"] is not None and at in self.links:
            self.links[at].add((item["after_hash"], None))

    def adopted(self, lane, seq):
        if lane[0] in self.of_tenant:
            self.note(lane, seq)

    def compare(self, tenant, marks, found):
        began, ended = marks.get("stop.began"), marks.get("stop.ended")
        lanes = {lane for mark in marks.values() for lane in mark["heads"]}
        for lane in sorted(lanes | {lane for of, lane in self.there if of == tenant}):
            def find(kind, seq, audit_id, detail, chain_lane=lane):
                found.add((tenant, chain_lane, seq, kind, audit_id, detail))
            for mark in marks.values():
                seq, hashed = mark["heads"].get(lane, (0, None))
                for other, audit_id in self.links.get((tenant, lane, seq), ()):
                    if other != hashed:
                        find("head_differs", seq, audit_id, f"the stop names the hash {hashed} for this row")
            ranges = merged(self.there.get((tenant, lane), []))
            first = head(began, lane) if began else 0
            last = head(ended, lane) if ended else ranges[-1][1] if ranges else 0
            same = began and ended and began["heads"].get(lane) == ended["heads"].get(lane) or not first
            if ended and (last < first or last == first and not same):
                find("head_differs", last, None,
                     "the end of the stop names an earlier or another last row of this lane")
            if ended and last <= first:
                continue
            if first and not self.links.get((tenant, lane, first)):
                find("head_missing", first, None,
                     "the stop names this row as the last of its lane, and it is not there")
            for gap in lacking(ranges, last):
                if gap[1] > first:
                    gap = (max(gap[0], first + 1), gap[1])
                    find("rows_missing", gap[0], None,
                         "rows {} to {} of the lane, after the stop, are not there".format(*gap))

    def verdict(self, stop_id, stop):
        for tenant, marks in stop.marks.items():
            self.compare(tenant, marks, stop.found)
        of = [stop.marks[tenant] for tenant in sorted(stop.marks)]
        began = [marks["stop.began"] for marks in of if "stop.began" in marks]
        ended = [marks["stop.ended"] for marks in of if "stop.ended" in marks]
        covered = {tenant for mark in began for tenant in mark["tenants"]}
        for tenant in covered & self.shown:
            if "stop.began" not in stop.marks.get(tenant, {}):
                stop.found.add((tenant, None, None, "not_said", None,
                                "the stop covers this tenant, and its trail does not have the event"))
        said = next((marks.get("stop.began", marks.get("stop.ended")) for marks in of), None)
        is_ended = bool(of) and len(ended) == len(of)
        return {
            "stop_id": stop_id,
            **{key: said and said[key] for key in ("scope", "tenant_id", "assistant_id")},
            "reason": began[0]["reason"] if began else None,
            "began_at": min((mark["time"] for mark in began), default=None),
            "ended_at": max(mark["time"] for mark in ended) if is_ended else None,
            "is_ended": is_ended, "beginnings": sum(self.begun.get(tenant, 0) for tenant in stop.marks),
            "tenants": sorted(stop.marks), "not_shown": sorted(covered - self.shown),
            "findings": [dict(zip(("tenant_id", "chain_lane", "chain_seq", "kind", "audit_id", "detail"), found))
                         for found in sorted(stop.found, key=place)],
        }

    def finish(self, found, proved, has_notes):
        """What the files prove of each stop, given what is found in them and what notes prove."""
        for stop_id in sorted(self.stops):
            stop = self.stops[stop_id]
            verdict = self.verdict(stop_id, stop)
            state = self.state(stop, verdict["findings"], found)
            signed = bool(stop.marks) and all(
                is_signed(proved, tenant, mark["at"]) for tenant, marks in stop.marks.items()
                for mark in marks.values())
            yield {**verdict, "state": state, "holds": state == "holds", "signed": signed if has_notes else None}

    @staticmethod
    def state(stop, findings, found):
        # Where rows are lacking, the event that is not there may be among them.
        unsure = {finding["tenant_id"] for finding in findings if finding["kind"] in LACKS
                  and len(stop.marks.get(finding["tenant_id"], ())) == 1}
        if any(finding["kind"] not in LACKS and not (
                finding["kind"] == "begun" and finding["tenant_id"] in unsure) for finding in findings):
            return "contradicted"
        touched = any(kind == "install" or of[0] in stop.marks for kind, *of in found)
        return "open" if findings or touched else "holds"


def is_signed(proved, tenant, at):
    return any(note["tenant_id"] == tenant and rows["chain_lane"] == at[0]
               and rows["first_seq"] <= at[1] <= rows["last_seq"] for note in proved for rows in note["proves"])


def counted(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def told(stop):
    """The verdict of a stop as a sentence, and its findings."""
    text = f"stop {stop['stop_id']}"
    whose = stop["assistant_id"] or stop["tenant_id"]
    for before, what in ((" of ", stop["scope"]), (" ", whose), (" from ", stop["began_at"]), (" to ", stop["ended_at"])):
        text += f"{before}{what}" if what else ""
    findings = counted(len(stop["findings"]), "finding")
    text += ": " + {
        "holds": "nothing began until it was lifted" if stop["is_ended"] else "nothing began, and it is in force",
        "contradicted": f"contradicted: {findings}",
        "open": f"not proved: {findings if stop['findings'] else 'the chain does not hold'}",
    }[stop["state"]]
    text += {True: "; the notes sign it", False: "; no note signs it", None: ""}[stop["signed"]]
    if stop["not_shown"]:
        text += f"; not shown: the trails of {counted(len(stop['not_shown']), 'tenant')}"
    yield text
    for found in stop["findings"]:
        at = "" if found["chain_lane"] is None else " lane {chain_lane} at {chain_seq}".format(**found)
        yield "{kind}: tenant {tenant_id}{0}: {detail}".format(at, **found)
