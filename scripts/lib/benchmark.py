"""What the benchmarks share: databases of their own, psql, pgbench, medians, and the raw figures' file.

The server is the one that the PG* variables name; scripts/bench is the usual way in."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUNDS = int(os.environ.get("AWGP_BENCH_ROUNDS", 5))
SECONDS = int(os.environ.get("AWGP_BENCH_SECONDS", 3))


def psql(sql, database, options=(), settings=""):
    """Runs SQL text and returns its output; ends the benchmark with the server's words where it fails."""
    environment = dict(os.environ, PGDATABASE=database, PGOPTIONS=settings)
    done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *options, "-f", "-"], input=sql, text=True,
                          capture_output=True, env=environment)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout.strip()


def sql_of(name):
    """The text of a file in bench/rivals."""
    with open(os.path.join(ROOT, "bench", "rivals", name), encoding="utf-8") as file:
        return file.read()


def fresh_database(database):
    """An empty database of this name, in place of what was there."""
    psql(f"DROP DATABASE IF EXISTS {database}", "postgres")
    psql(f"CREATE DATABASE {database}", "postgres")


def timed(sql, database):
    """Seconds that one session takes for the SQL text, without connecting."""
    # psql's own timing would need parsing in whatever language it speaks.
    began = time.monotonic()
    psql("SELECT 1", database)
    connecting = time.monotonic() - began
    began = time.monotonic()
    psql(sql, database)
    return max(time.monotonic() - began - connecting, 0.001)


def transactions_a_second(script, database, clients, settings="", variables=None):
    """pgbench's own figure for one script, prepared, connections not counted.

    `variables`: what each client begins with."""
    return pgbench(script, database, clients, settings, [f"-D{name}={value}" for name, value in (variables or {}).items()])


def waits(script, database, clients, settings=""):
    """How long each transaction of one script took, as its client saw it: microseconds, ascending."""
    with tempfile.TemporaryDirectory() as folder:
        pgbench(script, database, clients, settings, ["-l", f"--log-prefix={folder}/of"])
        lines = [line for name in os.listdir(folder) for line in open(os.path.join(folder, name), encoding="ascii")]
    return sorted(int(line.split()[2]) for line in lines)


def share(values, part):
    """The value that this part of the sorted values does not exceed."""
    return values[min(len(values) - 1, int(len(values) * part))]


def pgbench(script, database, clients, settings, options):
    """Runs one script, prepared, and returns its transactions a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = ["pgbench", "-n", "-M", "prepared", "-T", str(SECONDS), "-c", str(clients), "-j", str(min(clients, 2)),
                   "-f", file.name, *options]
        done = subprocess.run(command, text=True, capture_output=True,
                              env=dict(os.environ, PGDATABASE=database, PGOPTIONS=settings))
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    failed = re.search(r"number of failed transactions: ([1-9]\d*)", done.stdout)
    if done.returncode != 0 or not found or failed or "ERROR" in done.stderr:
        sys.exit(done.stdout + done.stderr)
    return float(found[1])


def interleaved(names, measure, rounds=ROUNDS):
    """`rounds` figures of each name, one of each a round, beginning with another one every round."""
    figures = {name: [] for name in names}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            figures[name].append(measure(name))
    return figures


def ratio(ours, theirs):
    """The median of the rounds' ratios: what disturbs a whole round cancels out."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def keep_raw(name, figures):
    """Writes every single figure to bench/NAME.json in the build folder and says where."""
    folder = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "bench")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{name}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    print(f"every figure: {os.path.relpath(path, ROOT) if path.startswith(ROOT) else path}")
