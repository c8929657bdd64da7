#!/usr/bin/env python3
"""Signed notes, from docs/checkpoints.md, with the Python standard library alone.

Ed25519 is RFC 8032, section 5.1.7: only public things are computed here, so nothing has to be hidden.
"""
import base64
import binascii
import hashlib
import re
import struct

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NUMBER = "[1-9][0-9]{0,18}"
ROOT = "[A-Za-z0-9+/]{43}="
LANE = re.compile(rf"lane (0|-?[1-9][0-9]{{0,4}}) ({NUMBER}) ([0-9a-f]{{64}})")
MEMBER = re.compile(rf"tenant ({UUID}) ({NUMBER}) ({ROOT})")
TREE = re.compile(rf"awgp-audit/({UUID})/({UUID})\n({NUMBER})\n({ROOT})\n((?:lane .*\n)*)")
REKEY = re.compile(rf"awgp-audit-rekey/({UUID})\nfrom (\S+)\nto (\S+)\n((?:tenant .*\n)+)")
GROUP = re.compile(rf"awgp-audit-group/({UUID})/({UUID})\n({NUMBER}) members\n({ROOT})\n((?:tenant .*\n)+)")

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT = pow(2, (P - 1) // 4, P)


def sha256(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


def tree_root(leaves):
    """RFC 6962, section 2.1, as it stands there."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree_root(leaves[:half]), tree_root(leaves[half:]))


def _add(one, other):
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _point(data):
    """The point with this encoding; None where there is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    x = x if x * x % P == squared else x * SQRT % P
    if y >= P or x * x % P != squared or x == 0 and sign:
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, text, signature):
    public, s = _point(key), int.from_bytes(signature[32:], "little")
    if public is None or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    x, y, z, _ = _add(_times(s, BASE), _times(ORDER - k, public))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


class WrongKey(ValueError):
    """A note that another key has signed."""


def opened(note, public_key):
    """The text of a note that the key has signed."""
    name, key_id, key = public_key.strip().split("+", 2)
    key = base64.b64decode(key, validate=True)
    if len(key) != 33 or key[0] != 1 or sha256(f"{name}\n".encode() + key)[:4].hex() != key_id:
        raise ValueError("this is no Ed25519 key, or its id is not the digest of its name and itself")
    if any(char < " " and char != "\n" for char in note):
        raise ValueError("a note has no control characters")
    text, empty, signatures = note.rpartition("\n\n")
    text += "\n"
    if not empty or not signatures.endswith("\n"):
        raise ValueError("this is no signed note")
    for line in signatures[:-1].split("\n"):
        mark, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if mark != "\u2014" or len(signature) < 5:
            raise ValueError("a line after the text is no signature")
        if (signer, signature[:4].hex()) == (name, key_id):
            if not is_signed(key[1:], text.encode(), signature[4:]):
                raise ValueError("the signature is not of this text")
            return text
    raise WrongKey("the note has no signature of this key")


def number(text, bits=63):
    if not -1 << bits <= int(text) < 1 << bits:
        raise ValueError(f"{text} is too large")
    return int(text)


def stated(text):
    """What a note's text says: install, {tenant: (size, root)}, and the last (number, hash) of each lane of
    the tenant, None for a group."""
    tree = TREE.fullmatch(text)
    if tree:
        lanes = [LANE.fullmatch(line) for line in tree[5].split("\n")[:-1]]
        if None in lanes:
            raise ValueError("a line after the root is not a lane's")
        links = [(number(lane[1], 15), (number(lane[2]), bytes.fromhex(lane[3]))) for lane in lanes]
        size = number(tree[3])
        if [lane for lane, _ in links] != sorted({lane for lane, _ in links}):
            raise ValueError("the lanes are not in ascending order")
        if sum(seq for _, (seq, _) in links) < size:
            raise ValueError("the lanes have fewer rows than the tree has leaves")
        return tree[1], {tree[2]: (size, root_of(tree[4]))}, dict(links)
    rekey = REKEY.fullmatch(text)
    if rekey:
        return rekey[1], members(rekey[4]), None
    group = GROUP.fullmatch(text)
    if not group:
        raise ValueError("the note's text is none of AWGP's")
    trees = members(group[5])
    if int(group[3]) != len(trees):
        raise ValueError("the tenants are not so many")
    leaves = [sha256(b"\x00awgp-audit-grp\x00\x01" + bytes.fromhex(tenant.replace("-", ""))
                     + struct.pack(">Q", size) + root) for tenant, (size, root) in trees.items()]
    if tree_root(leaves) != root_of(group[4]):
        raise ValueError("the root is not that of the tenants")
    return group[1], trees, None


def members(lines):
    """Size and root of each tenant's tree."""
    found = [MEMBER.fullmatch(line) for line in lines.split("\n")[:-1]]
    if None in found:
        raise ValueError("a line is not a tenant's")
    trees = {member[1]: (number(member[2]), root_of(member[3])) for member in found}
    if [member[1] for member in found] != sorted(trees):
        raise ValueError("the tenants are not in ascending order")
    return trees


def root_of(text):
    root = base64.b64decode(text, validate=True)
    if base64.b64encode(root).decode() != text:
        raise ValueError("a root has one spelling in base64")
    return root


def read(note, public_key):
    """What a note says that this key has signed."""
    try:
        return stated(opened(note, public_key))
    except (binascii.Error, UnicodeError) as error:
        raise ValueError(f"the note cannot be read: {error}") from None


class Keys:
    """The keys that notes of rotation lead to from a known one, in the order of their time."""

    def __init__(self, known, notes):
        self.rotations = [rotation for rotation in map(self.rotation, notes) if rotation]
        self.known = known.strip()
        self.keys = [self.known]
        while following := self.only(self.keys[-1], 0, 1):
            self.keys.append(following)
        while before := self.only(self.keys[0], 1, 0):
            self.keys.insert(0, before)

    @staticmethod
    def rotation(note):
        """Old key, new key and trees of a note that is a rotation; both keys must have signed it."""
        text = note.rpartition("\n\n")[0] + "\n"
        if not text.startswith("awgp-audit-rekey/"):
            return None
        found = REKEY.fullmatch(text)
        if not found or found[2] == found[3]:
            raise ValueError("the note of a rotation does not name two keys")
        for key in found[2], found[3]:
            read(note, key)
        return found[2], found[3], members(found[4])

    def only(self, key, this, other):
        """The one key on the other side of the rotations that this key is on one side of."""
        found = {rotation[other] for rotation in self.rotations if rotation[this] == key}
        if len(found) > 1 or found & set(self.keys):
            raise ValueError(f"notes of rotation contradict each other about {key}")
        return found.pop() if found else None

    def sizes(self, place, tenant):
        """The sizes that rotations between this key and the next name for a tenant."""
        between = [rotation[2] for rotation in self.rotations if [*rotation[:2]] == self.keys[place:place + 2]]
        return [trees[tenant][0] for trees in between if tenant in trees]

    def read(self, note):
        """What a note says that one of the keys has signed in its time."""
        for place, key in enumerate(self.keys):
            try:
                said = read(note, key)
            except WrongKey:
                continue
            for tenant, (size, _) in said[1].items():
                ended = place + 1 < len(self.keys) and size > max(self.sizes(place, tenant), default=0)
                early = place > 0 and size < min(self.sizes(place - 1, tenant), default=0)
                if ended or early:
                    raise ValueError(f"{key} was not the auditor's for {size} rows of {tenant}")
            return said
        raise WrongKey(f"the note has no signature of {self.known}")
