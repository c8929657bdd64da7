"""What the story of the packages does on its machine: apt, a cluster, sessions, load."""

import os
import re
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PORT = "5499"
BEFORE_PATH = os.environ["PATH"]
os.environ.update(PGHOST="/var/run/postgresql", PGPORT=PORT, PGUSER="postgres", PGDATABASE="governed",
                  DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8",
                  # What was built before is not what is tested.
                  PATH="/usr/sbin:/usr/bin:/sbin:/bin")
CODE = re.compile(r"ERROR:  (\w{5})")
REASON = re.compile(r'"reason":"(\w+)"')


def say(line):
    print(f"    {line}", flush=True)


def seconds(began):
    return f"{time.monotonic() - began:.1f} s"


def run(*command, **options):
    """Runs a command and returns what it printed; fails where it fails."""
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **options)
    assert done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}"
    return done.stdout


def apt(verb, *arguments):
    # The packages stand in folders that apt's own user may not read: it says so.
    return run("apt-get", verb, "--yes", "-o", "Dpkg::Use-Pty=0", *arguments)


def awgp(*arguments):
    return run("/usr/bin/awgp", *arguments)


def psql(sql, database="governed", user="postgres"):
    return run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-c", sql).strip()


def refused(sql, database="governed"):
    """SQLSTATE and reason of the error that a statement ends with."""
    done = subprocess.run(["psql", "-XqAt", "-v", "VERBOSITY=verbose", "-d", database, "-c", sql], text=True,
                          capture_output=True)
    assert done.returncode != 0, f"{sql} was not refused: {done.stdout}"
    code, reason = CODE.search(done.stderr), REASON.search(done.stderr)
    return code and code[1], reason and reason[1]


def found(database):
    """Code and hint of each error that the doctor finds."""
    rows = psql("SELECT code || '|' || hint FROM awgp.doctor() WHERE severity = 'error' ORDER BY code", database)
    return [tuple(row.split("|", 1)) for row in rows.splitlines()]


def catalog(database):
    """All that is known of every object of AWGP, a line an object."""
    lines = []
    for name in ("catalog.sql", "comments.sql"):
        with open(os.path.join(ROOT, "tests", "src", name), encoding="utf-8") as file:
            sql = file.read().rstrip().rstrip(";")
        lines += psql(f"SET search_path = pg_catalog; SET TimeZone = 'UTC'; {sql}", database).splitlines()
    # The month in which a database is made is not a difference.
    return sorted(lines)


def create_cluster(major):
    """A cluster of Debian's own making, whose socket trusts everybody: it is gone with the machine."""
    run("pg_createcluster", "--port", PORT, major, "packages", "--", "--no-sync")
    with open(f"/etc/postgresql/{major}/packages/pg_hba.conf", "w", encoding="utf-8") as file:
        file.write("local all all trust\nhost all all localhost scram-sha-256\n")
    run("pg_ctlcluster", major, "packages", "start")


def restart(major):
    run("pg_ctlcluster", major, "packages", "restart")


class OldSession:
    """A session that stays open. What it is asked answers with one value."""

    def __init__(self, user):
        self.process = subprocess.Popen(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", "governed"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1)
        self.backend = self.ask("SELECT pg_backend_pid()")

    def ask(self, sql, tenant=None):
        context = f"SELECT awgp.set_context(awgp.find_tenant('{tenant}')) \\g /dev/null\n" if tenant else ""
        self.process.stdin.write(f"BEGIN;\n{context}{sql};\nCOMMIT;\n\\echo ready\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "ready\n":
                return "\n".join(lines)
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"{sql}: the session ended: {lines}")

    def become(self, role):
        """The same session under another of its logins' roles."""
        self.process.stdin.write(f"SET ROLE {role};\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Load:
    """Clients that work, round after round, until they are stopped.

    A transaction that a deadlock ends is repeated, as every client does; any other error ends the load, and
    `stop()` says so."""

    CLIENTS, TRANSACTIONS = 8, 25
    DONE = re.compile(r"number of transactions actually processed: (\d+)/(\d+)")
    FAILED = re.compile(r"number of failed transactions: (\d+)")
    RETRIED = re.compile(r"number of transactions retried: (\d+)")

    def __init__(self, user, script):
        self.command = ["pgbench", "--no-vacuum", "--client", str(self.CLIENTS), "--jobs", "2", "--transactions",
                        str(self.TRANSACTIONS), "--max-tries", "1000", "--file", script, "--username", user, "governed"]
        self.rounds = self.done = self.retried = 0
        self.wrong, self.stopping = None, threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.is_set():
            ended = subprocess.run(self.command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
            counted, failed, retried = (pattern.search(ended.stdout) for pattern in (self.DONE, self.FAILED, self.RETRIED))
            if ended.returncode != 0 or not counted or counted[1] != counted[2] or int(failed[1]):
                self.wrong = ended.stdout
                return
            self.done += int(counted[1])
            self.retried += int(retried[1]) if retried else 0
            self.rounds += 1

    def until_rounds(self, rounds):
        deadline = time.monotonic() + 600
        while self.rounds < rounds and self.thread.is_alive() and time.monotonic() < deadline:
            self.thread.join(0.1)
        assert self.wrong is None, self.wrong
        assert self.rounds >= rounds, f"{self.rounds} rounds only"

    def stop(self):
        """How many transactions were committed, by the clients' own count."""
        self.stopping.set()
        self.thread.join()
        assert self.wrong is None, self.wrong
        return self.done
