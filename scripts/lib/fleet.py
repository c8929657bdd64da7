"""A fleet on one machine: members, each a private throw-away server with AWGP, and PgDog before them.

For scripts/fleet, scripts/fleet-proxy and bench/fleet. PgDog is the program PGDOG_BIN, or `pgdog` on PATH."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_SECONDS = 60
DATABASE = "awgp"
APP = "app_server"
# What a member does: it makes the extension and the application's login, says where it is, and waits until
# its input ends, as it does with this process.
MEMBER = """
data=$(psql -qXAt -v ON_ERROR_STOP=1 -c "SHOW data_directory" -c "CREATE EXTENSION awgp" \\
    -c "CREATE ROLE $2 LOGIN PASSWORD '$3' IN ROLE awgp_app" -c "ALTER ROLE postgres PASSWORD '$3'") &&
printf '%s %s\\n' "$PGPORT" "$data" >"$1.part" && mv "$1.part" "$1" && cat
"""


def toolchain(name):
    """A variable of scripts/lib/toolchain.sh."""
    script = f'. "{ROOT}/scripts/lib/toolchain.sh"; printf %s "${name}"'
    return subprocess.run(["bash", "-c", script], text=True, check=True, stdout=subprocess.PIPE).stdout


def pgdog():
    """The program, or None."""
    return os.environ.get("PGDOG_BIN") or shutil.which("pgdog")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def say(*words):
    print(*words, flush=True)


def fail(problem):
    sys.exit(f"error: {problem}")


def until(what, asked):
    """Waits until `asked` answers with something, and returns it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answer := asked():
            return answer
        time.sleep(0.05)
    fail(f"{what}: not within {START_SECONDS} seconds")


class Member:
    """A database with AWGP."""

    def __init__(self, name, shard):
        self.name, self.shard = name, shard
        self.port = self.postmaster = self.starter = self.password = None

    def url(self, login="postgres"):
        return f"postgresql://{login}:{self.password}@127.0.0.1:{self.port}/postgres"

    def psql(self, sql, login="postgres", variables=()):
        """Runs SQL, or a file by \\i, and returns what it prints."""
        options = [option for name, value in variables for option in ("-v", f"{name}={value}")]
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *options, self.url(login), "-f", "-"],
                              input=sql, text=True, capture_output=True)
        if done.returncode != 0:
            fail(f"member {self.name}: {done.stderr}")
        return done.stdout.strip()


class Fleet:
    """Members a, b and c, or as many as are named; they end with the block, and so does the proxy."""

    def __init__(self, version, names="abc", settings=()):
        self.version, self.settings = version, settings
        self.members = [Member(name, shard) for shard, name in enumerate(names)]
        self.password = secrets.token_hex(16)
        self.proxy = self.proxy_port = None
        self.ending = contextlib.ExitStack()

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        self.folder = self.ending.enter_context(tempfile.TemporaryDirectory())
        try:
            for member in self.members:
                self._start(member)
            for member in self.members:
                self._started(member)
            self.write("fleet.toml", "".join(
                f'[members.{member.name}]\nshard = {member.shard}\nurl = "{member.url()}"\n\n' for member in self.members))
        except BaseException:
            self.ending.close()
            raise
        return self

    def __exit__(self, *raised):
        self.ending.close()

    def file(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)

    def _start(self, member):
        options = [option for setting in self.settings for option in ("--conf", setting)]
        member.password = self.password
        member.starter = subprocess.Popen(
            [f"{ROOT}/scripts/scratch-server", "--pg", self.version, *options, "--",
             "sh", "-c", MEMBER, "sh", self.file(member.name), APP, self.password], stdin=subprocess.PIPE)
        self.ending.callback(member.starter.communicate)

    def _started(self, member):
        def there():
            if member.starter.poll() is not None:
                fail(f"member {member.name} does not start: its words are above")
            return os.path.exists(self.file(member.name))
        until(f"member {member.name} starts", there)
        with open(self.file(member.name), encoding="utf-8") as file:
            port, data = file.read().split(maxsplit=1)
        member.port = int(port)
        with open(os.path.join(data.strip(), "postmaster.pid"), encoding="utf-8") as file:
            member.postmaster = int(file.readline())

    @staticmethod
    def _end(process):
        process.terminate()
        process.wait()

    def awgp(self, *arguments, shown=False, expected=(0,)):
        """Runs the command line on the fleet, and returns what it prints; or prints it."""
        binary = os.environ.get("AWGP_BIN") or os.path.join(toolchain("AWGP_TARGET"), "debug", "awgp")
        if shown:
            say(f"\n$ awgp {' '.join(arguments)}".replace(self.password, "…"))
        done = subprocess.run([binary, *arguments], text=True, env=dict(os.environ, AWGP_FLEET=self.file("fleet.toml")),
                              stdout=None if shown else subprocess.PIPE)
        if done.returncode not in expected:
            # The rest may have a password in it.
            fail(f"awgp {' '.join(arguments[:2])} ends with {done.returncode}\n{done.stdout or ''}")
        return done.stdout

    # The proxy.

    def configure(self):
        """Has the command line write the proxy's file; the logins are ours."""
        self.awgp("fleet", "pgdog", "--database", DATABASE, "--out", self.file("pgdog.toml"))
        self.write("users.toml", f"""
[admin]
password = "{self.password}"

[[users]]
name = "{APP}"
database = "{DATABASE}"
password = "{self.password}"

# Who is refused what would go to all members.
[[users]]
name = "strict"
database = "{DATABASE}"
password = "{self.password}"
server_user = "{APP}"
server_password = "{self.password}"
cross_shard_disabled = true
""")

    def start_proxy(self, **settings):
        """Starts PgDog with the file. What that does not say is in its environment, such as PGDOG_HOST."""
        self.proxy_port = free_port()
        variables = {"PGDOG_HOST": "127.0.0.1", "PGDOG_PORT": str(self.proxy_port)}
        variables |= {f"PGDOG_{name.upper()}": str(value) for name, value in settings.items()}
        with open(self.file("pgdog.log"), "ab") as log:
            self.proxy = subprocess.Popen(
                [pgdog(), "--config", self.file("pgdog.toml"), "--users", self.file("users.toml")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ, **variables))
        self.ending.callback(self._end, self.proxy)

        def answers():
            if self.proxy.poll() is not None:
                fail(f"PgDog does not start:\n{self.proxy_log()}")
            asked = subprocess.run(["psql", "-XAtqc", "SELECT 1", self.proxy_url()], text=True, capture_output=True)
            return asked.returncode == 0
        until("PgDog answers", answers)

    def stop_proxy(self):
        self._end(self.proxy)

    def reload(self):
        """What has to be said after the file was written anew."""
        asked = subprocess.run(["psql", "-XAtqc", "RELOAD", self.proxy_url("admin", "admin")], text=True, capture_output=True)
        if asked.returncode != 0:
            fail(f"RELOAD: {asked.stderr}{self.proxy_log()}")

    def proxy_url(self, login=APP, database=DATABASE, options=""):
        return f"postgresql://{login}:{self.password}@127.0.0.1:{self.proxy_port}/{database}{options}"

    def proxy_log(self):
        with open(self.file("pgdog.log"), encoding="utf-8", errors="replace") as file:
            return file.read()
