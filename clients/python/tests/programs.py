"""Runs the programs of the pages below docs/clients, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scene import SCENE, URL

PAGES = Path(__file__).resolve().parents[3] / "docs" / "clients"


def environment(item: str, **further: str) -> dict[str, str]:
    """What the programs find."""
    who = {"DATABASE_URL": URL, "TENANT": SCENE["tenant"], "RUNTIME_USER": SCENE["operator"],
           "ASSISTANT": SCENE["assistant"], "WORK_ITEM": item}
    return {**os.environ, **who, **further}


def run(page: str, program: str, *arguments: str, env: dict[str, str]) -> str:
    """What a program prints. It has to end well."""
    command = [sys.executable, "-B", str(PAGES / page / program), *arguments]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
