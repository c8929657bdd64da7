"""What signed notes prove of exported files, from docs/audit_format.md, "Files and notes", with the Python
standard library alone."""
from signed_note import node


def levels(first, end):
    """The heights of the complete subtrees that make up these leaves, the leftmost first."""
    while first < end:
        level = (end - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        yield level
        first += 1 << level


class Subtrees:
    """A range of leaves as the roots of its complete subtrees."""

    def __init__(self, first, roots=()):
        self.first = self.end = first
        self.roots = []
        for level, root in roots:
            self.push(level, root)

    def push(self, level, root):
        end, number = self.end + (1 << level), self.end >> level
        while number & 1 and self.roots and self.roots[-1][0] == level:
            root = node(self.roots.pop()[1], root)
            level, number = level + 1, number >> 1
        self.roots.append((level, root))
        self.end = end

    def root(self):
        roots = [root for _, root in self.roots]
        root = roots.pop()
        while roots:
            root = node(roots.pop(), root)
        return root


class Order:
    """The order of one tenant's leaves, as a file tells it."""

    def __init__(self):
        self.pieces, self.end, self.sorted, self.cursor = [], 0, [], 0

    def add(self, first_leaf, count, piece):
        if first_leaf != self.end or count < 1 or first_leaf + count >= 1 << 63:
            raise ValueError("these leaves do not follow those before them")
        self.end += count
        self.pieces.append(piece)

    def run(self, first_leaf, lane, first, last):
        if first < 1:
            raise ValueError("rows are numbered from 1")
        run = {"lane": lane, "first": first, "last": last, "next": first, "leaves": Subtrees(first_leaf)}
        self.add(first_leaf, last - first + 1, run)

    def absent(self, first_leaf, count, hashes):
        heights = list(levels(first_leaf, first_leaf + count))
        if len(heights) != len(hashes):
            raise ValueError("these leaves have another number of subtrees")
        self.add(first_leaf, count, Subtrees(first_leaf, zip(heights, hashes)))

    def begin(self):
        runs = [piece for piece in self.pieces if type(piece) is dict]
        self.sorted, self.cursor = sorted(runs, key=lambda run: (run["lane"], run["first"])), 0

    def row(self, lane, seq, leaf):
        while self.cursor < len(self.sorted):
            run = self.sorted[self.cursor]
            if (run["lane"], run["last"]) < (lane, seq):
                self.cursor += 1
                continue
            if run["lane"] == lane and run["next"] == seq:
                run["next"] += 1
                if leaf is not None:
                    run["leaves"].push(0, leaf)
            return

    def lacking(self):
        return [[run["lane"], run["next"]] for run in self.pieces if type(run) is dict and run["next"] <= run["last"]]

    def yields(self, size):
        """The root at this size and the runs below it; None where the file does not have the order so far."""
        tree, runs, end = Subtrees(0), [], 0
        for piece in self.pieces:
            leaves = piece["leaves"] if type(piece) is dict else piece
            if type(piece) is dict:
                runs.append((piece["lane"], piece["first"], piece["last"]))
                end += piece["last"] - piece["first"] + 1
            else:
                end = piece.end
            for level, root in leaves.roots:
                tree.push(level, root)
            if tree.end != end:
                return None
            if end == size:
                return tree.root(), runs
        return None


def merged(ranges):
    result = []
    for first, last in sorted(ranges):
        if result and first - 1 <= result[-1][1]:
            result[-1][1] = max(result[-1][1], last)
        else:
            result.append([first, last])
    return result


def lacking(ranges, last):
    """What of 1 to `last` is in none of the ranges."""
    following, result = 1, []
    for first, end in ranges:
        if first > last:
            break
        if first > following:
            result.append((following, first - 1))
        following = max(following, end + 1)
    return result + [(following, last)] * (following <= last)


def asked(notes):
    """The links and the trees that must be read from files for these notes."""
    links = [(tenant, lane, seq) for _, (_, trees, lanes) in notes if lanes is not None
             for tenant in trees for lane, (seq, _) in lanes.items()]
    return links, [tenant for _, (_, trees, _) in notes for tenant in trees]


def in_lane(lane, ranges):
    return [{"chain_lane": lane, "first_seq": first, "last_seq": last} for first, last in ranges]


class View:
    """The files as one."""

    def __init__(self, logs):
        self.logs, self.there, self.held = logs, {}, {}
        for log in logs:
            for lane, ranges in log.there.items():
                self.there.setdefault(lane, []).extend(ranges)
            for lane, stretches in log.held.items():
                self.held.setdefault(lane, []).extend(stretches)
        self.there = {lane: merged(ranges) for lane, ranges in self.there.items()}
        self.adopted = set().union(*(log.adopted for log in logs))

    def meeting(self):
        known = {}
        for lane, stretches in self.held.items():
            for link in (link for stretch in stretches for link in stretch):
                if known.setdefault((lane, link[0]), link[1]) != link[1]:
                    yield ["meeting", *lane, link[0]]

    def chained(self, lane, link):
        """The rows that follow from a lane's link; None where a file has another hash there."""
        if any(log.at.get((*lane, link[0]), link[1]) != link[1] for log in self.logs):
            return None
        held, ranges, before = self.held.get(lane, []), [], [link]
        for after, last in held:
            if after[0] < link[0] <= last[0]:
                ranges.append((after[0] + 1, link[0]))
                before.append(after)
        while before:
            link = before.pop()
            for after, last in held:
                if last == link and (after[0] + 1, last[0]) not in ranges:
                    ranges.append((after[0] + 1, last[0]))
                    before.append(after)
        return ranges

    def prove(self, name, tenant, size, root, lanes):
        state, whole, proves, absent, contradicts = "unknown", False, {}, [], []
        for log in self.logs:
            found = log.orders[tenant].yields(size) if tenant in log.orders else None
            if found is None:
                continue
            if found[0] != root:
                state = "mismatch"
                continue
            state = "yielded" if state == "unknown" else state
            whole |= sum(last - first + 1 for _, first, last in found[1]) == size
            for lane, first, last in found[1]:
                proves.setdefault(lane, []).append((first, last))
        for lane, link in (lanes or {}).items():
            ranges = self.chained((tenant, lane), link)
            if ranges is None:
                contradicts.append([lane, link[0]])
            else:
                proves.setdefault(lane, []).extend(ranges)
            if not whole:
                absent += in_lane(lane, lacking(self.there.get((tenant, lane), []), link[0]))
        proves = [rows for lane in sorted(proves) for rows in in_lane(lane, merged(proves[lane]))]
        count = sum(rows["last_seq"] - rows["first_seq"] + 1 for rows in proves) - sum(
            1 for of, lane, seq in self.adopted if of == tenant and any(
                rows["chain_lane"] == lane and rows["first_seq"] <= seq <= rows["last_seq"] for rows in proves))
        return {"note": name, "tenant_id": tenant, "tree_size": size, "root": state, "rows": count,
                "proves": proves, "absent": absent, "contradicts": contradicts}

    def own_word(self, proved):
        known, tenants, said = {}, {note["tenant_id"] for note in proved}, []
        for note in proved:
            for rows in note["proves"] + note["absent"]:
                lane = (note["tenant_id"], rows["chain_lane"])
                known[lane] = max(known.get(lane, 0), rows["last_seq"])
        for lane in sorted(self.there):
            def say(what, first, last, chain_lane=lane[1]):
                said.append({"tenant_id": lane[0], "chain_lane": chain_lane, "what": what,
                             "first_seq": first, "last_seq": last})
            if lane[0] not in tenants:
                tenants.add(lane[0])
                say("lanes", 0, 0, None)
            known_to = known.get(lane, 0)
            if not known_to and any(lane in log.foreign for log in self.logs):
                say("start", 0, 0)
            there = self.there[lane]
            last = there[-1][1] if there else 0
            for first, end in lacking(there, last):
                if end > known_to:
                    say("start" if first <= 1 else "gap", max(first, known_to + 1), end)
            if last > known_to:
                say("end", known_to + 1, last)
        return said


def witness(logs, notes, is_part, found):
    """What is found, what each note proves, and what is the files' own word."""
    view, proved = View(logs), []
    found = [*found, *view.meeting()]
    # A group's note names no lanes. The note of the same tree does: one root is one tree.
    named = {(tenant, *tree): lanes for _, (_, trees, lanes) in notes if lanes is not None for tenant, tree in trees.items()}
    for name, (install_id, trees, _) in notes:
        if any(log.stated_install != install_id for log in logs):
            found.append(["install", name, install_id])
            continue
        proved += [view.prove(name, tenant, size, root, named.get((tenant, size, root))) for tenant, (size, root) in trees.items()]
    roots = {}
    for _, (install_id, trees, _) in notes:
        for tenant, (size, root) in trees.items():
            if roots.setdefault((install_id, tenant, size), root) != root:
                found.append(["split_view", tenant, size])
    for note in proved:
        name, tenant = note["note"], note["tenant_id"]
        found += [["rewritten", tenant, lane, seq, name] for lane, seq in note["contradicts"]]
        if not is_part:
            found += [["absent", tenant, rows["chain_lane"], rows["first_seq"], rows["last_seq"], name]
                      for rows in note["absent"]]
        if note["root"] == "mismatch":
            found.append(["root", tenant, note["tree_size"], name])
        elif note["rows"] < note["tree_size"] and not note["absent"] and not is_part:
            found.append(["unproved", tenant, note["tree_size"] - note["rows"], name])
    return {"found": found, "proved": proved, "own_word": view.own_word(proved)}


def told(answer):
    """The answer as sentences."""
    for kind, *place in answer["found"]:
        if kind == "chain":
            yield "the chain does not hold: tenant {} lane {} at {}".format(*place)
        else:
            yield f"{kind}: {' '.join(map(str, place))}"
    for note in answer["proved"]:
        ranges = ", ".join("lane {chain_lane} {first_seq} to {last_seq}".format(**rows) for rows in note["proves"])
        yield (f"{note['note']} proves {note['rows']} of {note['tree_size']} rows of tenant {note['tenant_id']}: "
               f"{ranges or 'none'}; root {note['root']}")
    for said in answer["own_word"]:
        lane = "which lanes there are" if said["chain_lane"] is None else (
            "lane {chain_lane} {what} {first_seq} to {last_seq}".format(**said))
        yield f"the files' own word: tenant {said['tenant_id']} {lane}"
    yield f"{len(answer['found']) + sum(len(stop['findings']) for stop in answer['stops'])} found"
