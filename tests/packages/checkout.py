"""README's lines of an installation from a checkout and the page that they lead to, as they are written, on a
copy of this machine.

    tests/packages/checkout.py"""

import glob
import os
import re
import sys

from machine import BEFORE_PATH, ROOT, create_cluster, run

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
from console import run_console  # noqa: E402

FIVE_MINUTES = os.path.join(ROOT, "docs", "five_minutes.md")


def lines():
    """What README.md says to type on a server of one's own."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        block = re.search(r"^\*\*On a server of your own:\*\*\n\n((?:    .*\n)+)", file.read(), re.MULTILINE)[1]
    return "".join(line[4:] for line in block.splitlines(keepends=True))


def main():
    create_cluster("15")
    environment = dict(os.environ, PATH=f"/usr/local/bin:{BEFORE_PATH}", PGDATABASE="postgres")
    told = run("bash", "-euc", lines(), cwd=ROOT, env=environment)
    assert not re.search("node|psycopg|pgspot|clippy|price list", told), told
    assert "next, in a database: CREATE EXTENSION awgp;" in told, told
    assert os.path.exists("/usr/local/share/man/man1/awgp.1")
    commands = run_console(FIVE_MINUTES, environment)
    told = run("awgp", "doctor", env=dict(environment, PGDATABASE="governed"))
    assert told.rstrip().endswith("errors: 0, warnings: 0, infos: 3"), told
    print("test the_lines_of_readme_install_from_a_checkout_and_ask_for_nothing_that_only_tests_need ... ok")
    print(f"test the_{commands}_commands_of_five_minutes_follow_and_the_doctor_finds_nothing ... ok")

    run("make", "--no-print-directory", "install", "DESTDIR=/opt/image", "PREFIX=/usr", cwd=ROOT, env=environment)
    installed = {path.removeprefix("/opt/image") for path in glob.glob("/opt/image/**", recursive=True)}
    assert {"/usr/bin/awgp", "/usr/lib/postgresql/15/lib/awgp.so", "/usr/share/bash-completion/completions/awgp",
            "/usr/lib/systemd/system/awgp-notify.service", "/usr/share/awgp/monitoring/grafana.json",
            "/usr/share/postgresql/15/extension/awgp.control"} <= installed, sorted(installed)
    print("test make_install_puts_destdir_before_every_path_and_the_command_line_below_prefix ... ok")
    print("test result: ok. 3 passed; 0 failed; 0 ignored")


if __name__ == "__main__":
    main()
