#!/usr/bin/env python3
"""Checks AWGP's signed notes and proofs from docs/checkpoints.md, with the Python standard library alone.

Ed25519 is signed_note.py's, from RFC 8032; paths are followed as RFC 9162, sections 2.1.3.2 and
2.1.4.2, says it. The canonical bytes come from verify_audit.py, which was written from
docs/audit_format.md.

usage: check_proof.py proof FILE PUBLIC_KEY
       check_proof.py note FILE PUBLIC_KEY
       check_proof.py vectors FILE

Exit code: 0 it holds, 1 it does not, 2 the file or the command line cannot be read.
"""
import base64
import binascii
import functools
import hashlib
import hmac
import json
import struct
import sys
import uuid

# In a pack that was unpacked nothing may be added beside the scripts.
sys.dont_write_bytecode = True

from signed_note import is_signed  # noqa: E402
from verify_audit import DECODER, HASH, canonical  # noqa: E402


class Unproven(Exception):
    """What was to be proved is not."""


def sha256(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


def leaf(row):
    if not HASH.fullmatch(row["integrity_hash"]):
        raise ValueError("integrity_hash is no hash")
    return sha256(b"\x00" + canonical(row) + bytes.fromhex(row["integrity_hash"]))


def tree_root(leaves):
    """RFC 6962, section 2.1, as it stands there."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree_root(leaves[:half]), tree_root(leaves[half:]))


def included(root, size, index, hashed, path):
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn = index, size - 1
    for beside in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            hashed = node(beside, hashed)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            hashed = node(hashed, beside)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hashed == root


def extended(root, size, old_root, old_size, path):
    """RFC 9162, section 2.1.4.2."""
    if old_size == size:
        return not path and root == old_root
    if not 0 < old_size < size or not path:
        return False
    if old_size & (old_size - 1) == 0:
        path = [old_root, *path]
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for beside in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node(beside, old), node(beside, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node(new, beside)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == old_root and new == root


@functools.lru_cache(1 << 10)
def opened(note, public_key):
    """The text of a note that the key has signed."""
    name, key_id, key = public_key.strip().split("+", 2)
    key = base64.b64decode(key, validate=True)
    if len(key) != 33 or key[0] != 1 or sha256(f"{name}\n".encode() + key)[:4].hex() != key_id:
        raise ValueError("this is no Ed25519 key")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        mark, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if (mark, signer, signature[:4].hex()) == ("\u2014", name, key_id):
            if not is_signed(key[1:], text.encode(), signature[4:]):
                raise Unproven("the signature is not of this text")
            return text
    raise Unproven("the note has no signature of this key")


def trees(text):
    """Size and root of each tenant's tree of which a note's text speaks."""
    origin, size, root, *rest = text.splitlines()
    name, _, tenant = origin.split("/")
    if name == "awgp-audit":
        lanes = [line.split(" ") for line in rest]
        if sum(int(seq) for _, _, seq, _ in lanes) != int(size):
            raise ValueError("the lanes have other rows than the tree has leaves")
        return {tenant: (int(size), base64.b64decode(root, validate=True))}
    if name != "awgp-audit-group":
        raise ValueError("the note is none of AWGP's")
    members = [line.split(" ") for line in rest]
    members = {tenant: (int(size), base64.b64decode(root, validate=True)) for _, tenant, size, root in members}
    leaves = [sha256(b"\x00awgp-audit-grp\x00\x01" + uuid.UUID(tenant).bytes + struct.pack(">Q", size) + root)
              for tenant, (size, root) in members.items()]
    if size != f"{len(members)} members" or tree_root(leaves) != base64.b64decode(root, validate=True):
        raise Unproven("the root is not that of the tenants")
    return members


def check_proof(proof, public_key):
    row = proof["row"]
    found = trees(opened(proof["note"], public_key)).get(row["tenant_id"])
    if found is None:
        raise Unproven("the note says nothing of the row's tenant")
    size, root = found
    if not included(root, size, proof["leaf_index"], leaf(row), [bytes.fromhex(h) for h in proof["path"]]):
        raise Unproven("the row and its path do not yield the root that was signed")
    return f"row {row['id']} is leaf {proof['leaf_index']} of {size}"


def commitment(salt, value):
    """What an event has in place of an erasable value, by docs/erasure.md."""
    text = value.encode()
    message = b"awgp-content-val" + (1).to_bytes(2, "big") + len(text).to_bytes(4, "big") + text
    return hmac.new(salt, message, hashlib.sha256).hexdigest()


def check_vectors(vectors):
    """Yields what does not agree with the vectors."""
    if "values" in vectors:
        for item in vectors["values"]:
            if commitment(bytes.fromhex(item["salt"]), item["value"]) != item["commitment"]:
                yield f"commitment: {item['name']}"
        return
    leaves = [sha256(b"\x00" + bytes.fromhex(entry)) for entry in vectors["tree"]["entries"]]
    roots = {size: tree_root(leaves[:size]) for size in range(len(leaves) + 1)}
    for size, root in enumerate(vectors["tree"]["roots"]):
        if roots[size].hex() != root:
            yield f"root of {size}"
    for item in vectors["tree"]["inclusion"]:
        path = [bytes.fromhex(h) for h in item["path"]]
        size, index = item["size"], item["index"]
        if not included(roots[size], size, index, leaves[index], path):
            yield f"inclusion of {index} in {size}"
    for item in vectors["tree"]["consistency"]:
        path = [bytes.fromhex(h) for h in item["path"]]
        size, old = item["size"], item["old_size"]
        if not extended(roots[size], size, roots[old], old, path):
            yield f"consistency of {old} with {size}"
    for item in vectors["leaves"]:
        if leaf(item["row"]).hex() != item["leaf"]:
            yield f"leaf: {item['name']}"
    for item in vectors["notes"]:
        try:
            read = trees(opened(item["note"], vectors["public_key"]))
            read = {tenant: [size, root.hex()] for tenant, (size, root) in read.items()}
        except (Unproven, ValueError):
            read = None
        if read != item["trees"]:
            yield f"note: {item['name']}"
    for item in vectors["proofs"]:
        try:
            holds = bool(check_proof(item["proof"], vectors["public_key"]))
        except (Unproven, ValueError):
            holds = False
        if holds != item["holds"]:
            yield f"proof: {item['name']}"


def main(arguments):
    if len(arguments) != (2 if arguments[:1] == ["vectors"] else 3):
        raise ValueError(__doc__)
    with open(arguments[1], encoding="utf-8", newline="\n") as file:
        text = file.read()
    if arguments[0] == "vectors":
        found = [f"does not agree: {what}" for what in check_vectors(json.loads(text))]
        print("\n".join(found) or "every vector agrees")
        return bool(found)
    try:
        if arguments[0] == "note":
            for tenant, (size, root) in trees(opened(text, arguments[2])).items():
                print(f"{tenant} {size} {root.hex()}")
        else:
            print(check_proof(DECODER.decode(text), arguments[2]))
    except Unproven as error:
        print(error)
        return True
    return False


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, KeyError, OSError, struct.error, binascii.Error) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
