"""Runs the README of the installed package, as whoever installs it reads it: DATABASE_URL stands for the
database of the page, SCENE has the names in it."""

import importlib.metadata
import json
import os
import re
import sys

import awgp

SCENE = json.loads(os.environ["SCENE"])
NAMES = {
    '"postgres://runtime@db/governed"': 'os.environ["DATABASE_URL"]',
    "runtime@north.example": SCENE["operator"],
    '"scribe"': f'"{SCENE["assistant"]}"',
}

assert awgp.__file__.startswith(sys.prefix), f"{awgp.__file__} is not the one that was installed"
page = importlib.metadata.metadata("awgp").get_payload()
blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
assert len(blocks) > 3, page
code = "\n".join(blocks)
for name, real in NAMES.items():
    assert name in code, name
    code = code.replace(name, real)
sent = []
here = {"os": os, "work_item": SCENE["item"], "to": "ada@north.example", "text": "Hello",
        "send": lambda to, text: sent.append((to, text)) or len(sent)}
exec(compile(code, "README.md", "exec"), here)
assert sent == [("ada@north.example", "Hello")] * 2, sent
print("sent:", len(sent))
