#!/usr/bin/env python3
"""Runs a command on a terminal of its own, answers its questions, ends as the command does.

    at_terminal.py ANSWER COMMAND [ARGUMENT...]

What the terminal shows goes to standard output. Each `Password …: `, `Passphrase …: ` and `… [y/N] ` is
answered with ANSWER. The terminal has 24 lines of 80 columns."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import time

QUESTION = re.compile(rb"(Pass(?:word|phrase) [^:\n]*: |\[y/N\] )$")

answer, *command = sys.argv[1:]
begin, begun = os.pipe()
child, terminal = pty.fork()
if child == 0:
    # It begins when the terminal has its size.
    os.close(begun)
    os.read(begin, 1)
    os.close(begin)
    os.execvp(command[0], command)
os.close(begin)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
os.close(begun)
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
    question = QUESTION.search(shown[asked:])
    if question:
        asked = len(shown)
        # A password is typed when the terminal no longer shows what is typed.
        while question[1].startswith(b"Pass") and termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(terminal, answer.encode() + b"\n")
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(status))
