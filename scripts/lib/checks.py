"""What the convention checks share: which files there are, and how findings are printed.

Every check takes an optional folder to look at instead of the repository;
`scripts/checks/self-test` uses it."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def root():
    """The folder to look at: the first argument, else the repository."""
    return os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ROOT


def files(*endings):
    """Paths, relative to root(), of the files that are or would be committed and end so."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root(), text=True,
                            capture_output=True)
    names = listed.stdout.splitlines() if listed.returncode == 0 else walk()
    return sorted(name for name in names
                  if name.endswith(endings or "") and os.path.isfile(os.path.join(root(), name)))


def walk():
    """The same without git, as in an unpacked release."""
    for folder, folders, names in os.walk(root()):
        folders[:] = [name for name in folders if name not in ("target", ".git")]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root())


def read(name):
    """The text of a file, or None where it is not text."""
    try:
        with open(os.path.join(root(), name), encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        return None


def finish(findings, fix, looked_at):
    """Prints what was found and how to fix it; exits 1 if anything was."""
    for finding in findings:
        print(f"  {finding}")
    if findings:
        sys.exit(f"{len(findings)} found. Fix: {fix}")
    print(f"nothing found in {looked_at}")
