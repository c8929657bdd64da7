#!/usr/bin/env python3
"""Verifies an evidence pack of AWGP from docs/evidence.md, with the Python standard library alone.

usage: verify.py PACK [--public-key KEY] [--checkpoint NOTE|DIR]... [--json]

PACK is the zip file, or the folder into which it was unpacked. KEY is the auditor's public key, or a file
with it; without it the key in the pack is taken, which proves nothing by itself. --checkpoint names notes
that you have kept yourself.

Exit code: 0 nothing found, 1 something found, 2 a file or the command line cannot be read.
"""
import binascii
import hashlib
import io
import json
import os
import struct
import sys
import zipfile
import zlib

# Whoever runs this in an unpacked pack must not add a file to it.
sys.dont_write_bytecode = True

import check_proof  # noqa: E402
import check_receipt  # noqa: E402
import pack_reading  # noqa: E402
import signed_note  # noqa: E402
import verify_audit  # noqa: E402
import witness  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TRAIL, NOTES, KEY, RECEIPTS, BEFORE = ("trail/trail.jsonl", "trail/notes/", "trail/public_key.txt", "receipts/",
                                       "before/")
MONTHS, ANSWERS, ANCHORS = "months/", "answers/", "answers/anchors.json"
INDEX, PAGE, README, MANIFEST, SCRIPTS = "index.json", "index.html", "README.txt", "MANIFEST.json", "verify/"
READ_BYTES = 1 << 20
WHOLE_BYTES_MAX = 256 << 20
INDEX_FIELDS = set("awgp format version tenant_id tenant install_id from to made_at made_by absent frames sentences".split())
# The scripts of a pack, and where they are beside this one.
BESIDE = {"verify.py": "verify_pack.py", "mapping.json": "evidence_mapping.json"}
SCRIPT_NAMES = ("verify.py mapping.json pack_reading.py verify_audit.py signed_note.py stop_proof.py "
                "witness.py check_proof.py check_receipt.py").split()
# What reading a file that somebody has changed may raise.
BAD = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError, struct.error, binascii.Error,
       zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, check_proof.Unproven)


class Zipped:
    """A pack as a zip file."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        self.names = self.zip.namelist()

    def open(self, name):
        return self.zip.open(name)


class Folder:
    """A pack that was unpacked."""

    def __init__(self, path):
        self.path = path
        self.names = [os.path.relpath(os.path.join(folder, name), path).replace(os.sep, "/")
                      for folder, _, names in os.walk(path) for name in names]

    def open(self, name):
        return open(os.path.join(self.path, *name.split("/")), "rb")


def own_file(name):
    """A script or the mapping as it stands beside this one."""
    for beside in (name, BESIDE.get(name, name)):
        path = os.path.join(HERE, beside)
        if os.path.exists(path):
            with open(path, "rb") as file:
                return file.read()
    raise OSError(f"{name} is not beside this script")


class Judge:
    """A pack that is being verified."""

    def __init__(self, pack, public_key=None, kept=()):
        self.pack, self.given, self.kept = pack, public_key, list(kept)
        self.mapping = json.loads(own_file("mapping.json"))
        self.stated, self.files, self.manifest = {}, {}, None
        self.found, self.proved, self.holds, self.own_word, self.notes = [], [], [], [], []

    def say(self, file, kind, detail):
        item = {"file": file, "kind": kind, "detail": str(detail)}
        if item not in self.found:
            self.found.append(item)

    def say_missing(self, file, why):
        if not any(item["file"] == file for item in self.found):
            self.say(file, "missing", why)

    def text(self, name):
        with self.pack.open(name) as file:
            data = file.read(WHOLE_BYTES_MAX + 1)
        if len(data) > WHOLE_BYTES_MAX:
            raise ValueError("it is too long")
        return data.decode("utf-8")

    def document(self, name):
        item = verify_audit.DECODER.decode(self.text(name))
        if type(item) is not dict:
            raise ValueError("it is no object")
        return item

    def within(self, folder):
        return sorted(name for name in self.files if name.startswith(folder))

    def trying(self, file, kind, check):
        """What a check of a file answers; None where it does not hold."""
        try:
            return check(file)
        except BAD as error:
            self.say(file, kind, error or type(error).__name__)
        return None

    def verify(self):
        self.trying(MANIFEST, "manifest", self.compare)
        if self.manifest is not None:
            for file in (README, PAGE, INDEX, TRAIL):
                if file not in self.files:
                    self.say_missing(file, "a pack has it")
        self.public_key = self.given
        if self.given is None and KEY in self.files:
            self.public_key = self.trying(KEY, "key", self.own_key)
        self.index = self.trying(INDEX, "index", self.read_index) if INDEX in self.files else None
        if self.index is None:
            return
        self.read_notes()
        months = self.months()
        self.log = None
        self.reading = pack_reading.Reading(self.mapping, self.index["tenant_id"], self.time)
        if TRAIL in self.files:
            self.trying(TRAIL, "trail", lambda _: self.trail(months))
        self.receipts()
        held = sum(self.trying(file, "proof", self.proof) is not None for file in self.within(BEFORE))
        if held:
            self.holds.append(f"proofs of what was recorded before this time that hold: {held}")
        self.sentences()
        self.scripts()
        self.say_own_word()

    def compare(self, _):
        """Each file against the manifest."""
        names = self.pack.names
        if len(set(names)) != len(names):
            self.say("", "zip", "it has two files of one name")
        text = self.text(MANIFEST)
        self.manifest = hashlib.sha256(text.encode()).hexdigest()
        manifest = verify_audit.DECODER.decode(text)
        if set(manifest) != {"awgp", "format", "files"} or (manifest["awgp"], manifest["format"]) != (
                "evidence-manifest", 1):
            raise ValueError("its format is not known here")
        sums = {}
        for item in manifest["files"]:
            if set(item) != {"file", "bytes", "sha256"} or type(item["file"]) is not str:
                raise ValueError("a file has other fields")
            verify_audit.digest(item["sha256"])
            if item["file"] == MANIFEST or item["file"] in sums:
                self.say(MANIFEST, "manifest", "it names itself, or a file twice")
            sums[item["file"]] = (verify_audit.integer(item["bytes"]), item["sha256"])
        self.stated = {name: digest for name, (_, digest) in sums.items()}
        for name in dict.fromkeys(names):
            if name == MANIFEST:
                continue
            if name not in sums:
                self.say(name, "added", "the manifest does not have it")
                continue
            wanted = sums.pop(name)
            try:
                is_same = self.digest(name, wanted[0]) == wanted
            except BAD as error:
                self.say(name, "changed", f"it cannot be read: {error}")
                continue
            if is_same:
                self.files[name] = wanted[1]
            else:
                self.say(name, "changed", "it is not what the manifest says")
        for name in sums:
            self.say(name, "missing", "the manifest has it")

    def digest(self, name, wanted):
        """Length and digest of a file; no more of it is read than it should have, and one byte."""
        hasher, length = hashlib.sha256(), 0
        with self.pack.open(name) as file:
            while length <= wanted:
                piece = file.read(min(READ_BYTES, wanted + 1 - length))
                if not piece:
                    break
                hasher.update(piece)
                length += len(piece)
        return length, hasher.hexdigest()

    def own_key(self, file):
        key = self.text(file).strip()
        check_key(key)
        return key

    def read_index(self, file):
        index = self.document(file)
        if set(index) != INDEX_FIELDS or (index["awgp"], index["format"]) != ("evidence", 1):
            raise ValueError("its format is not known here")
        verify_audit.uuid_bytes(index["tenant_id"])
        verify_audit.uuid_bytes(index["install_id"])
        self.time = tuple(verify_audit.microseconds(index[name]) for name in ("from", "to"))
        self.absent = {}
        for item in index["absent"]:
            if set(item) != {"file", "reason"}:
                raise ValueError("what is absent has other fields")
            self.absent[item["file"]] = item["reason"]
        return index

    def read_notes(self):
        for file in self.within(NOTES):
            note = self.trying(file, "note", self.note)
            if note is not None:
                self.notes.append((file, note))
        kept = [(f"{name}, which you have kept,", note) for name, note in self.kept
                if note[2] is not None and self.index["tenant_id"] in note[1]]
        self.notes += kept
        if self.kept and not kept:
            self.own_word.append("the notes that you have kept say nothing of this tenant")

    def note(self, file):
        if self.public_key is None:
            raise ValueError("there is no public key to check it with")
        install, trees, lanes = signed_note.read(self.text(file), self.public_key)
        if install != self.index["install_id"] or set(trees) != {self.index["tenant_id"]} or lanes is None:
            raise ValueError("it is of another tenant or another install")
        return install, trees, lanes

    def months(self):
        months = [(file, self.trying(file, "month", self.month)) for file in self.within(MONTHS)]
        return [(file, month) for file, month in months if month is not None]

    def month(self, file):
        month = self.document(file)
        if month["format"] != 1 or month["install_id"] != self.index["install_id"]:
            raise ValueError("it is of another install, or its format is not known here")
        for checkpoint in month["checkpoints"]:
            if checkpoint.get("note") is None:
                continue
            text = signed_note.opened(checkpoint["note"], checkpoint["signed_by"] or "")
            trees = signed_note.stated(text)[1]
            if text != checkpoint["body"] or trees.get(checkpoint["tenant_id"], (None,))[0] != checkpoint["tree_size"]:
                raise ValueError("a note in it signs another text than the manifest has")
            if self.public_key is not None and checkpoint["signed_by"] != self.public_key:
                raise ValueError("a note in it is signed by another key")
        for anchor in month["anchors"]:
            verify_audit.digest(anchor["last_hash"])
        return month

    def own_anchors(self, month):
        return [anchor for anchor in month["anchors"] if anchor["tenant_id"] == self.index["tenant_id"]]

    def trail(self, months):
        tenant, install = self.index["tenant_id"], self.index["install_id"]
        links, trees = witness.asked(self.notes)
        links += [(tenant, anchor["chain_lane"], anchor["last_seq"]) for _, month in months
                  for anchor in self.own_anchors(month)]
        with self.pack.open(TRAIL) as file:
            lines = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
            log = verify_audit.read_log(lines, install, (links, trees), self.reading.row)
        self.log = log
        if self.reading.foreign:
            self.say(TRAIL, "trail", "it has rows of another tenant")
        # A pack is a part of the trail; that it is all of its time is looked at apart.
        answer = verify_audit.judge_logs([log], self.notes, True, install)
        for item in answer["found"]:
            self.say(TRAIL, "trail", " ".join(map(str, item)))
        self.proved = answer["proved"]
        self.own_word += list(witness.told({"found": [], "proved": [], "stops": [], "own_word": answer["own_word"]}))[:-1]
        self.anchors(months)
        self.window()
        for record, hasher in zip(self.mapping["records"], self.reading.hashers):
            file = record["file"]
            if file not in self.files:
                self.say_missing(file, "a pack has it")
            elif self.files[file] != hasher.hexdigest():
                self.say(file, "records", "it is not what the trail yields")

    def anchors(self, months):
        """The links of exported months that the trail has too."""
        tenant = self.index["tenant_id"]
        for file, month in months:
            for anchor in self.own_anchors(month):
                lane, seq = (tenant, anchor["chain_lane"]), anchor["last_seq"]
                hashes = [after[1] for after, _ in self.log.held.get(lane, []) if after[0] == seq]
                hashes += [self.log.at[(*lane, seq)]] if (*lane, seq) in self.log.at else []
                if any(hashed != bytes.fromhex(anchor["last_hash"]) for hashed in hashes):
                    self.say(file, "month", f"lane {lane[1]} has another hash at row {seq}")

    def window(self):
        """Whether the trail has all rows of the time."""
        signed, elsewhere = {}, {}
        for _, (_, _, lanes) in self.notes:
            for lane, (seq, _) in (lanes or {}).items():
                signed[lane] = max(signed.get(lane, 0), seq)
        answer = self.answer(ANCHORS)
        for row in answer["rows"] if answer else []:
            if all(type(row.get(name)) is int for name in ("chain_lane", "first_seq", "last_seq")):
                elsewhere.setdefault(row["chain_lane"], []).append((row["first_seq"], row["last_seq"]))
        there = {lane: ranges for (tenant, lane), ranges in self.log.there.items() if tenant == self.index["tenant_id"]}
        for lane, first, last, is_elsewhere in pack_reading.lacking(self.time, self.reading.edges, there, signed, elsewhere):
            rows = f"rows {first} to {last} of lane {lane}"
            if is_elsewhere:
                self.own_word.append(f"{ANCHORS}: {rows} are in months that were exported and retired")
            else:
                self.say(TRAIL, "window", f"{rows} are not there, and nothing shows that they are of another time")

    def receipts(self):
        held = sum(self.trying(file, "receipt", self.receipt) is not None for file in self.within(RECEIPTS))
        if held:
            self.holds.append(f"receipts of actions that hold: {held}")
        for action in sorted(self.reading.actions):
            file = f"{RECEIPTS}{action}.json"
            if file not in self.files and file not in self.absent and RECEIPTS not in self.absent:
                self.say_missing(file, "the trail has this action, and the index does not say why")

    def checked_install(self, note):
        if self.public_key is None:
            raise ValueError("there is no public key to check it with")
        check_proof.opened(note, self.public_key)
        if signed_note.read(note, self.public_key)[0] != self.index["install_id"]:
            raise ValueError("its note is of another install")

    def receipt(self, file):
        receipt = self.document(file)
        self.checked_install(receipt["note"])
        said = check_receipt.check_receipt(receipt, self.public_key)
        if receipt["tenant_id"] != self.index["tenant_id"] or file != f"{RECEIPTS}{receipt['action_id']}.json":
            raise ValueError("it is of another action or tenant than its place")
        return said

    def proof(self, file):
        proof = self.document(file)
        if set(proof) != {"awgp", "format", "row", "leaf_index", "path", "note"} or (
                proof["awgp"], proof["format"]) != ("proof", 1):
            raise ValueError("this is no proof of format 1")
        self.checked_install(proof["note"])
        said, row = check_proof.check_proof(proof, self.public_key), proof["row"]
        if not (row["tenant_id"] == self.index["tenant_id"] and file == f"{BEFORE}{row['id']}.json"
                and verify_audit.microseconds(row["timestamp"]) < self.time[0]
                and row["entity_type"] in self.mapping["before"] and pack_reading.is_own(row)):
            raise ValueError("its event is not one that stands here")
        return said

    def answer(self, file):
        def read(name):
            answer = self.document(name)
            if set(answer) != {"query", "rows"} or not all(type(row) is dict for row in answer["rows"]):
                raise ValueError("it is no answer")
            return answer
        return self.trying(file, "answer", read) if file in self.files else None

    def sentences(self):
        """The sentences of the index follow from the files."""
        answers = {file: self.answer(file) for file in self.within(ANSWERS)}
        rows = []
        for sentence in self.mapping["sentences"]:
            answer, asked = answers.get(sentence.get("file")), sentence.get("rows")
            rows.append(None if answer is None or asked is None else sum(
                "column" not in asked or row.get(asked["column"]) == asked["value"] for row in answer["rows"]))
        expected = list(pack_reading.stated(self.mapping, self.stated, self.absent, self.reading.counts, rows))
        told = self.index["sentences"]
        for place, sentence in enumerate(expected):
            file = self.mapping["sentences"][place].get("file", "")
            # What was found about a file is not said of its sentences again.
            is_sound = file not in self.stated or file in self.files
            is_read = self.log is not None or "count" not in self.mapping["sentences"][place]
            if is_sound and is_read and told[place:place + 1] != [sentence]:
                self.say(INDEX, "index", f"the sentence \"{sentence['id']}\" does not follow from the files")
        if len(told) > len(expected) or self.index["frames"] != self.mapping["frames"]:
            self.say(INDEX, "index", "it has sentences, articles or clauses that are not AWGP's")

    def scripts(self):
        for name in SCRIPT_NAMES:
            file, own = f"{SCRIPTS}{name}", hashlib.sha256(own_file(name)).hexdigest()
            if self.files.get(file) == own:
                continue
            if self.index["version"] == self.mapping["version"]:
                self.say(file, "scripts", f"it is not that of AWGP {self.mapping['version']}")
            else:
                self.own_word.append(f"{file}: it is that of AWGP {self.index['version']}, which did not check it")

    def say_own_word(self):
        if self.given is None and self.public_key is not None:
            self.own_word.append(f"{KEY}: that this is the auditor's key. Get it from the auditor, and give it with "
                                 "--public-key")
        if not self.notes:
            self.own_word.append("the trail: no note says anything about it; it was perhaps computed again as a whole")
        answers = self.within(ANSWERS)
        if answers:
            self.own_word.append(f"what the server said about itself: {', '.join(answers)}")
        self.own_word += [f"that {file} could not be had: {reason}" for file, reason in self.absent.items()]
        self.own_word.append(f"{INDEX}: made at {self.index['made_at']} by {self.index['made_by']}")
        self.own_word.append(f"{README} and {PAGE}: they are for reading")
        self.own_word.append(f"{SCRIPTS}: scripts that came with the pack are as good as the pack; take them from AWGP")

    def told(self):
        for item in self.found:
            yield f"found     {item['kind']} {item['file']}: {item['detail']}"
        for line in list(witness.told({"found": [], "proved": self.proved, "stops": [], "own_word": []}))[:-1] + self.holds:
            yield f"proved    {line}"
        for line in self.own_word:
            yield f"own word  {line}"
        if self.manifest is not None:
            yield f"SHA-256 of MANIFEST.json: {self.manifest}"
        yield f"{len(self.found)} found" if self.found else "nothing found"


def check_key(key):
    """Refuses what is no public key."""
    try:
        signed_note.opened("\n\n\u2014 a AAAAAAAA\n", key)
    except ValueError as error:
        if "has no signature" not in str(error):
            raise


def shown(line):
    """A line without characters that move or hide others."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def main(arguments):
    paths, checkpoints, public_key, is_json = [], [], None, False
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--json":
            is_json = True
        elif argument == "--public-key":
            public_key = next(arguments, "")
        elif argument == "--checkpoint":
            checkpoints.append(next(arguments, ""))
        else:
            paths.append(argument)
    if len(paths) != 1 or checkpoints and public_key is None:
        raise ValueError(__doc__)
    if public_key is not None:
        if os.path.isfile(public_key):
            with open(public_key, encoding="utf-8") as file:
                public_key = file.read()
        public_key = public_key.strip()
        check_key(public_key)
    kept = list(verify_audit.notes_of(checkpoints, public_key))
    if checkpoints and not kept:
        raise ValueError("there is no note")
    judge = Judge(Folder(paths[0]) if os.path.isdir(paths[0]) else Zipped(paths[0]), public_key, kept)
    judge.verify()
    if is_json:
        print(json.dumps({"found": judge.found, "proved": judge.proved, "holds": judge.holds,
                          "own_word": judge.own_word, "manifest_sha256": judge.manifest}))
    else:
        print("\n".join(map(shown, judge.told())))
    return bool(judge.found)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, KeyError, OSError, struct.error, zipfile.BadZipFile) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
