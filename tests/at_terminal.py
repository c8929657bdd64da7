#!/usr/bin/env python3
"""Runs a command on a terminal of its own, answers its questions for a password, ends as the command does.

    at_terminal.py ANSWER COMMAND [ARGUMENT...]

What the terminal shows goes to standard output. Each `Password for user …: ` is answered with ANSWER."""

import os
import pty
import re
import sys

QUESTION = re.compile(rb"Password for user [^:\n]*: $")

answer, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
asked = 0
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        # Linux says so when the other side is closed.
        break
    if not read:
        break
    shown += read
    if QUESTION.search(shown[asked:]):
        asked = len(shown)
        os.write(terminal, answer.encode() + b"\n")
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(status))
