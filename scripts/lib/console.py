"""Runs the commands that a page shows in ```console blocks, and holds what they print against the page.

Each command after `$` must print what follows it, up to the next command. An id of the page stands for the
one that is printed in its place, a time for any time, and `…` with the blanks around it for anything; a line
that is only `…` stands for any lines. How many blanks stand between two columns does not count: a longer
column moves them. Messages and hints are not compared, as they may change. What a command exports holds for
the next ones. A command goes on after a line that ends with a backslash, and in lines that begin with `>`."""

import os
import re
import shlex
import subprocess
import sys

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What a line of a page may stand for: an id, a time, anything.
FREE = re.compile(rf"({ID.pattern})|(\d{{4}}-\d\d-\d\dT[\d:.+]+)|( *… *)")
NOT_COMPARED = ("error: ", "hint: ")
ANY_LINES = "…"


def blocks(page, language):
    """The blocks of a language in a page."""
    with open(page, encoding="utf-8") as file:
        found = re.findall(rf"^```{language}\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"{page} has no {language}. Fix: show some in a block that begins with ```{language}.")
    return found


def pattern(line, ids):
    """The regular expression of a line of a page; ids that are known already must be the same."""
    parts, at = [], 0
    for found in FREE.finditer(line):
        parts.append(re.escape(line[at:found.start()]))
        id_or_free = re.escape(ids[found[1]]) if found[1] in ids else ID.pattern
        parts.append(f"({id_or_free})" if found[1] else r"[\d:T.+-]+" if found[2] else ".*")
        at = found.end()
    return "".join(parts) + re.escape(line[at:])


def fits(wanted, shown, ids):
    """Whether the lines that are shown are those that are wanted; learns what ids of the page are here."""
    if not wanted:
        return not shown
    line, *rest = wanted
    if line.strip() == ANY_LINES:
        return any(fits(rest, shown[skipped:], ids) for skipped in range(len(shown) + 1))
    if not shown:
        return False
    if line.startswith(NOT_COMPARED) and shown[0].startswith(line.split()[0]):
        return fits(rest, shown[1:], ids)
    found = re.fullmatch(pattern(line, ids), shown[0])
    if not found:
        return False
    learned = {name: id for name, id in zip(ID.findall(line), found.groups()) if name not in ids}
    if set(learned.values()) & set(ids.values()):
        return False
    ids.update(learned)
    return fits(rest, shown[1:], ids)


def lines_of(text):
    """The lines that are compared, each gap between columns as one of two blanks."""
    return [re.sub(r" {2,}", "  ", line.rstrip()) for line in text.splitlines() if line.strip()]


def steps(page):
    """The commands of a page, each with the lines that it prints."""
    for step in re.split(r"^\$ ", "\n".join(blocks(page, "console")), flags=re.MULTILINE)[1:]:
        first, *lines = step.splitlines()
        command = [first]
        while lines and (lines[0].startswith(">") or command[-1].endswith("\\")):
            further = lines.pop(0)
            command.append(further[1:].removeprefix(" ") if further.startswith(">") else further)
        yield "\n".join(command), lines


def run_console(page, environment, folder=None, bash=None):
    """Runs the commands of a page, in a folder; returns how many printed what is written. Exits at the first
    that does not. `bash` runs a script elsewhere, with no environment, and returns what it prints."""
    bash = bash or (lambda script: run_here(script, folder))
    exported = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items() if name.isidentifier())
    commands, ids = 0, {}
    for command, lines in steps(page):
        command = ID.sub(lambda found: ids.get(found[0], found[0]), command)
        # What it leaves in the environment follows what it prints.
        shown, _, left = bash(f"{exported}\n{command}\nprintf '\\0'\nexport -p").partition("\0")
        exported = left or exported
        if not fits(lines_of("\n".join(lines)), lines_of(shown), ids):
            wanted = "\n".join(lines_of("\n".join(lines)))
            sys.exit(f"$ {command}\n{shown}{os.path.basename(page)} says:\n{wanted}\n"
                     "Fix: make the page and the program agree.")
        commands += 1
    return commands


def run_here(script, folder):
    return subprocess.run(["bash", "-c", script], env={}, cwd=folder, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
