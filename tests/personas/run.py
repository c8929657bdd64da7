#!/usr/bin/env python3
"""Runs the commands of one section of a page, and holds what they print against the page.

    tests/personas/run.py PAGE SECTION [NAME=LOGIN]...

SECTION is the text of a heading `## SECTION`. A login that the page names NAME is LOGIN here, in commands and
in what they print. The commands run in the folder AWGP_DESK, or in one of their own. Everything else is as
scripts/lib/console.py says."""

import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
from console import run_console  # noqa: E402


def section_of(page, title):
    """The text below a heading, up to the next one of its level."""
    with open(page, encoding="utf-8") as file:
        found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", file.read(), re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"{page} has no section {title!r}")
    return found[1]


def main():
    page, title, *logins = sys.argv[1:]
    text = section_of(page, title)
    for login in logins:
        name, is_here = login.split("=", 1)
        text = re.sub(rf"(?<![\w@.-]){re.escape(name)}(?![\w@.-])", is_here, text)
    with tempfile.TemporaryDirectory() as folder:
        section = os.path.join(folder, os.path.basename(page))
        with open(section, "w", encoding="utf-8") as file:
            file.write(text)
        own = os.environ.pop("AWGP_DESK", None) or os.path.join(folder, "desk")
        os.makedirs(own, exist_ok=True)
        print(run_console(section, dict(os.environ, HOME=own), own))


if __name__ == "__main__":
    main()
