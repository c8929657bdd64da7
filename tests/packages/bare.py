"""The packages on a bare Debian 12, from two apt commands to the first governed action.

    AWGP_MACHINE=FOLDER AWGP_NETWORK=yes tests/packages/bare.py PACKAGES

No Python is on that machine: this runs here, and types there (scripts/lib/copied-machine)."""

import glob
import os
import shlex
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
from console import run_console  # noqa: E402
from units import test_the_unit_delivers_under_systemd_within_its_limits  # noqa: E402

FIVE_MINUTES = os.path.join(ROOT, "docs", "five_minutes.md")
ENDED = "ended, says the test: "
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


class Machine:
    """A shell of root on the machine, which is gone when the shell ends."""

    def __init__(self):
        self.shell = subprocess.Popen([os.path.join(ROOT, "scripts", "lib", "copied-machine"), "bash"], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1)

    def bash(self, script, user=None):
        """Runs a script with no environment; what it printed, and its exit code."""
        as_user = f"runuser -u {user} -- " if user else ""
        self.shell.stdin.write(f"{as_user}env -i bash -c {shlex.quote(script)} </dev/null 2>&1\n"
                               f"printf '\\n{ENDED}%s\\n' $?\n")
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            if line.startswith(ENDED):
                return "".join(lines).removesuffix("\n"), int(line.removeprefix(ENDED))
            lines.append(line)
        raise AssertionError(f"the machine ended: {''.join(lines)}")

    def run(self, command, user=None):
        """Runs a command in a plain environment and returns what it printed; fails where it fails."""
        exported = "".join(f"export {name}={value}\n" for name, value in environment(user).items())
        shown, code = self.bash(f"{exported}{command}", user)
        assert code == 0, f"{command}: exit code {code}\n{shown}"
        return shown.strip()

    def close(self):
        self.shell.stdin.close()
        self.shell.wait()


def environment(user):
    return dict(ENVIRONMENT, HOME="/var/lib/postgresql" if user else "/root")


def say(line):
    print(f"    {line}", flush=True)


def test_a_bare_debian_12_has_no_rust_no_compiler_and_no_postgresql(machine, _):
    count = machine.run("dpkg-query --show --showformat '${Package}\\n' | wc -l")
    say(f"Debian {machine.run('cat /etc/debian_version')}, {count} packages")
    for program in ("rustc", "cargo", "cc", "psql", "python3"):
        assert machine.bash(f"PATH={ENVIRONMENT['PATH']} command -v {program}")[1] != 0, program


def test_two_apt_commands_install_the_packages(machine, packages):
    began = time.monotonic()
    machine.run("apt-get update")
    files = [name for name in glob.glob(f"{packages}/*.deb") if "-18-" not in name and "dbgsym" not in name]
    told = machine.run(f"apt-get --yes -o Dpkg::Use-Pty=0 install {' '.join(sorted(files))}")
    assert "next, in a database: CREATE EXTENSION awgp;" in told, told
    count = machine.run("dpkg-query --show --showformat '${Package}\\n' | wc -l")
    say(f"apt-get update, apt-get install: {time.monotonic() - began:.0f} s; {count} packages are there then")
    for line in machine.run("dpkg-query --show --showformat '${Package} ${Version}: ${Installed-Size} KiB installed\\n' "
                            "awgp postgresql-15-awgp").splitlines():
        say(line)
    for name in sorted(files):
        say(f"{os.path.basename(name)}: {os.path.getsize(name):,} bytes")
    machine.run("getent passwd awgp-notify")


def test_the_page_of_five_minutes_runs_as_it_is_written(machine, _):
    machine.run("pg_lsclusters --no-header | grep -q online || pg_ctlcluster 15 main start")
    commands = run_console(FIVE_MINUTES, environment("postgres"), bash=lambda script: machine.bash(script, "postgres")[0])
    say(f"{commands} commands")


def test_the_doctor_finds_nothing_there(machine, _):
    told = machine.run("PGHOST=/var/run/postgresql PGDATABASE=governed awgp doctor", "postgres")
    say(told.splitlines()[-1])
    assert told.endswith("errors: 0, warnings: 0, infos: 3"), told


def test_the_demo_runs_in_a_database_of_its_own(machine, _):
    machine.run("createdb demo && psql -Xqc 'CREATE EXTENSION awgp' demo", "postgres")
    machine.run("export PGHOST=/var/run/postgresql PGDATABASE=demo; awgp demo && awgp audit verify && awgp doctor", "postgres")


def test_purging_the_packages_leaves_nothing_of_them(machine, _):
    machine.run("apt-get --yes purge awgp postgresql-15-awgp")
    left = machine.run("find / -xdev -name '*awgp*' -not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/log/*'"
                       " -not -path '/var/cache/apt/*' -not -path '/var/lib/postgresql/*'")
    assert left == "", left
    assert machine.bash("getent passwd awgp-notify")[1] != 0


TESTS = (
    test_a_bare_debian_12_has_no_rust_no_compiler_and_no_postgresql,
    test_two_apt_commands_install_the_packages,
    test_the_page_of_five_minutes_runs_as_it_is_written,
    test_the_doctor_finds_nothing_there,
    test_the_demo_runs_in_a_database_of_its_own,
    test_the_unit_delivers_under_systemd_within_its_limits,
    test_purging_the_packages_leaves_nothing_of_them,
)


def main():
    packages, machine = os.path.abspath(sys.argv[1]), Machine()
    for test in TESTS:
        began = time.monotonic()
        test(machine, packages)
        print(f"test {test.__name__[5:]} ... ok ({time.monotonic() - began:.1f} s)", flush=True)
    machine.close()
    print(f"test result: ok. {len(TESTS)} passed; 0 failed; 0 ignored")


if __name__ == "__main__":
    main()
