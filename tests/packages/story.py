"""Packages as apt installs, updates and removes them, on a copy of a machine (scripts/test-packages).

    tests/packages/story.py PACKAGES NEXT      folders of the packages of this version, and of the next one

Each `test_…` is a sentence; they follow each other on one server, and end with the first that fails."""

import glob
import json
import os
import pwd
import shutil
import subprocess
import sys
import time

from machine import (OldSession, Load, ROOT, apt, awgp, catalog, create_cluster, found, psql, refused, restart, run,
                     say, seconds)

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
from console import run_console  # noqa: E402

MAJOR = "15"
LIBRARY = f"/usr/lib/postgresql/{MAJOR}/lib/awgp.so"
SCRIPTS = f"/usr/share/postgresql/{MAJOR}/extension"
UPGRADE = os.path.join(ROOT, "docs", "operations", "upgrade.md")


class Story:
    """What the tests hand to each other."""

    def __init__(self, packages, following):
        self.packages, self.following = packages, following
        self.version, self.next_version = version_of(packages), version_of(following)
        self.session = self.load = None


def debs(folder):
    return sorted(name for name in glob.glob(f"{folder}/*.deb") if "dbgsym" not in name and "-18-" not in name)


def version_of(folder):
    return run("dpkg-deb", "--field", glob.glob(f"{folder}/postgresql-{MAJOR}-awgp_*.deb")[0], "Version").strip()


def installed_files():
    return sorted(glob.glob(f"{SCRIPTS}/awgp*") + glob.glob(f"/usr/lib/postgresql/{MAJOR}/lib/awgp*")
                  + [name for name in glob.glob("/usr/local/**", recursive=True) if "awgp" in name and os.path.isfile(name)])


def units():
    return sorted(os.path.basename(name) for name in glob.glob("/lib/systemd/system/awgp-*.service"))


def user_of(unit):
    with open(f"/lib/systemd/system/{unit}", encoding="utf-8") as file:
        user, = [line.strip().removeprefix("User=") for line in file if line.startswith("User=")]
    return user


def wanted(unit):
    """Whether the machine starts this unit."""
    return os.path.lexists(f"/etc/systemd/system/multi-user.target.wants/{unit}")


def test_apt_installs_the_extension_and_the_command_line(story):
    assert "CREATE EXTENSION awgp;" in apt("install", *debs(story.packages))
    create_cluster(MAJOR)
    assert awgp("version").split() != []
    assert os.path.exists("/usr/share/man/man1/awgp.1.gz")
    assert glob.glob("/usr/share/man/man1/awgp-approval*.gz")
    # Each program has its page.
    programs = run("dpkg", "--listfiles", "awgp").splitlines()
    for name in (path.removeprefix("/usr/bin/") for path in programs if path.startswith("/usr/bin/")):
        assert os.path.exists(f"/usr/share/man/man1/{name}.1.gz"), name
    for shell in ("bash-completion/completions/awgp", "zsh/vendor-completions/_awgp", "fish/vendor_completions.d/awgp.fish"):
        assert os.path.getsize(f"/usr/share/{shell}") > 0, shell
    run("bash", "-c", ". /usr/share/bash-completion/completions/awgp && complete -p awgp")


def test_a_database_gets_the_extension_the_demo_runs_and_the_doctor_finds_nothing(_):
    psql("CREATE DATABASE governed", database="postgres")
    awgp("init")
    awgp("demo")
    assert awgp("doctor").splitlines()[-1] == "errors: 0, warnings: 0, infos: 3"


def test_units_are_hardened_have_users_of_their_own_and_are_not_started(_):
    assert "awgp-notify.service" in units()
    for unit in units():
        user = pwd.getpwnam(user_of(unit))
        assert user.pw_uid < 1000 and user.pw_shell == "/usr/sbin/nologin", user
        assert not wanted(unit), unit
        # A machine without systemd has no such program.
        if shutil.which("systemd-analyze"):
            run("systemd-analyze", "verify", "--man=no", f"/lib/systemd/system/{unit}")
            told = run("systemd-analyze", "security", "--offline=true", "--threshold=15", f"/lib/systemd/system/{unit}")
            say(told.splitlines()[-1].strip("→ ").partition(" OK")[0])
    assert os.path.isdir("/etc/awgp")
    with open("/usr/share/awgp/monitoring/grafana.json", encoding="utf-8") as file:
        assert json.load(file)["title"]
    assert os.path.getsize("/usr/share/awgp/monitoring/alerts.yml") > 0


def test_what_is_installed_is_what_was_packaged(_):
    assert run("dpkg", "--verify", f"postgresql-{MAJOR}-awgp", "awgp") == ""
    assert ".debug_info" not in run("readelf", "--section-headers", "--wide", LIBRARY)


def test_a_unit_that_an_administrator_has_enabled_stays_so(story):
    for unit in units():
        run("systemctl", "enable", unit)
    apt("install", "--reinstall", *debs(story.packages))
    assert all(wanted(unit) for unit in units())


def test_clients_work_while_a_session_from_before_stays_open(story):
    psql(open(os.path.join(ROOT, "tests", "packages", "load.sql"), encoding="utf-8").read())
    story.session = OldSession("app_server")
    assert story.session.ask("SELECT awgp.version()") == story.version
    story.load = Load("app_server", os.path.join(ROOT, "tests", "packages", "load.pgbench"))
    story.load.until_rounds(1)


def test_the_page_about_upgrades_is_followed_while_clients_work(story):
    before, began = os.stat(LIBRARY).st_ino, time.monotonic()
    commands = run_console(UPGRADE, dict(os.environ), folder=story.following)
    say(f"{commands} commands of upgrade.md under load: {seconds(began)}")
    assert os.stat(LIBRARY).st_ino != before
    assert psql("SELECT awgp.version()") == story.next_version
    story.load.until_rounds(story.load.rounds + 2)
    done = story.load.stop()
    # Each transaction that a client saw committed is there, once.
    assert psql("SELECT count(*) FROM awgp.work_items WHERE title LIKE 'Load%'") == str(done)
    assert psql("SELECT count(*) FROM awgp.cost_transactions WHERE metadata ->> 'load' = 'yes'") == str(done)
    say(f"{done} transactions of {story.load.CLIENTS} clients in {story.load.rounds} rounds, {story.load.retried} repeated")


def test_the_session_from_before_still_works_and_is_told_to_reconnect(story):
    assert story.session.ask("SELECT awgp.version()") == story.version
    assert "(deleted)" in run("grep", "awgp.so", f"/proc/{story.session.backend}/maps")
    assert story.session.ask("SELECT title FROM awgp.create_work_item((SELECT id FROM awgp.assistants LIMIT 1), 'Old', "
                             "risk_level => 1)", tenant="load") == "Old"
    story.session.become("keeper")
    told = story.session.ask("SELECT string_agg(code, ' ' ORDER BY code) FROM awgp.doctor() WHERE severity = 'error'")
    assert told == "structure_newer version_differs", told
    story.session.close()


def test_the_updated_database_has_the_catalog_of_a_new_one_its_rows_and_a_whole_trail(_):
    psql("CREATE DATABASE fresh", database="postgres")
    psql("CREATE EXTENSION awgp", database="fresh")
    updated, fresh = catalog("governed"), catalog("fresh")
    assert len(fresh) > 1000
    assert updated == fresh, "\n".join(sorted(set(updated) ^ set(fresh))[:20])
    assert psql("SELECT count(*) FROM awgp.verify_ledger()") == "0"
    # What scripts/lib/next_version.py adds, where it has made the next version.
    if psql("SELECT to_regproc('awgp.next_version') IS NOT NULL") == "t":
        assert psql("SELECT awgp.next_version()") == psql("SELECT awgp.version()")
        assert psql("SELECT count(*) FROM awgp.tenants WHERE region = 'eu'") == psql("SELECT count(*) FROM awgp.tenants") != "0"


def test_a_changed_checksum_of_a_migration_is_found(_):
    edit = "BEGIN; UPDATE awgp.schema_migrations SET checksum = 'x' WHERE kind = 'migration'; {} ROLLBACK"
    if psql("SELECT count(*) FROM awgp.schema_migrations WHERE kind = 'migration'") != "0":
        assert "migration_changed" in psql(edit.format("SELECT code FROM awgp.doctor();"))


def test_a_server_that_preloads_the_library_is_named_and_refuses_the_update_until_it_is_restarted(story):
    apt("install", "--allow-downgrades", *debs(story.packages))
    psql("CREATE DATABASE preloaded", database="postgres")
    psql("CREATE EXTENSION awgp", database="preloaded")
    psql("ALTER SYSTEM SET shared_preload_libraries = 'awgp'", database="postgres")
    restart(MAJOR)
    told = apt("install", *debs(story.following))
    assert f"restart the server that preloads awgp: systemctl restart postgresql@{MAJOR}-packages" in told, told
    # A function that is new is missed by PostgreSQL itself, before awgp.migrate() looks at the versions.
    told = refused("ALTER EXTENSION awgp UPDATE", database="preloaded")
    assert told in (("55000", "library_too_old"), ("42883", None)), told
    assert psql("SELECT extversion FROM pg_extension WHERE extname = 'awgp'", "preloaded") == story.version
    assert found("preloaded") == []
    restart(MAJOR)
    assert psql("ALTER EXTENSION awgp UPDATE", database="preloaded") == ""
    assert found("preloaded") == []


def test_the_packages_of_an_older_version_are_refused_by_the_database(story):
    apt("install", "--allow-downgrades", *debs(story.packages))
    restart(MAJOR)
    assert [code for code, _ in found("governed")] == ["structure_newer", "version_differs"]
    assert all(story.next_version in hint for _, hint in found("governed"))
    for call in ("SELECT awgp.migrate()", "SELECT awgp.install(true)"):
        assert refused(call)[1] in ("library_too_old", "structure_too_new")
    assert refused(f"ALTER EXTENSION awgp UPDATE TO '{story.version}'")[0] == "22023"
    apt("install", *debs(story.following))
    restart(MAJOR)
    assert found("governed") == []


def test_removal_warns_of_a_server_that_would_not_start_and_leaves_the_rows(_):
    rows = psql("SELECT count(*) FROM awgp.work_items")
    told = apt("remove", "awgp", f"postgresql-{MAJOR}-awgp")
    assert "take awgp out of shared_preload_libraries in /var/lib/postgresql" in told and "DROP EXTENSION" in told, told
    assert installed_files() == []
    run("sed", "-i", "/shared_preload_libraries/d", f"/var/lib/postgresql/{MAJOR}/packages/postgresql.auto.conf")
    restart(MAJOR)
    assert psql("SELECT count(*) FROM awgp.work_items") == rows != "0"
    # Without its files, as the package says.
    psql("DROP EXTENSION awgp CASCADE")
    assert psql("SELECT count(*) FROM awgp.work_items") == rows


def test_purging_removes_the_users_of_units_and_leaves_their_secrets_to_root(story):
    apt("install", *debs(story.following))
    users = [user_of(unit) for unit in units()]
    for unit, user in zip(units(), users):
        run("systemctl", "enable", unit)
        run("install", "-m", "0600", "-o", user, "/dev/null", f"/etc/awgp/{user}.toml")
    names = units()
    apt("purge", "awgp", f"postgresql-{MAJOR}-awgp")
    for unit, user in zip(names, users):
        assert not wanted(unit), unit
        assert subprocess.run(["getent", "passwd", user], stdout=subprocess.DEVNULL).returncode != 0, user
        assert subprocess.run(["getent", "group", user], stdout=subprocess.DEVNULL).returncode != 0, user
        secret = os.stat(f"/etc/awgp/{user}.toml")
        assert (secret.st_uid, secret.st_gid, secret.st_mode & 0o777) == (0, 0, 0o600), secret
    assert [name for name in installed_files() if not name.startswith("/usr/local/")] == []


def test_the_tarball_installs_into_the_same_places_and_removes_what_it_installed(story):
    tarball, = glob.glob(f"{story.following}/awgp-*-postgresql-{MAJOR}-linux-amd64.tar.gz")
    os.makedirs("/opt/unpacked")
    run("tar", "-xzf", tarball, "-C", "/opt/unpacked", "--strip-components=1")
    before = installed_files()
    assert "CREATE EXTENSION awgp;" in run("/opt/unpacked/install.sh")
    assert {LIBRARY, "/usr/local/bin/awgp", "/usr/local/lib/sysusers.d/awgp.conf", "/usr/local/share/awgp/monitoring/alerts.yml",
            "/usr/local/share/man/man1/awgp.1"} <= set(installed_files()), installed_files()
    # The unit starts the program of this prefix, as the user that systemd-sysusers makes.
    if shutil.which("systemd-analyze"):
        run("systemd-sysusers")
        for unit in glob.glob("/usr/local/lib/systemd/system/awgp-*.service"):
            assert "ExecStart=/usr/local/bin/awgp" in open(unit, encoding="utf-8").read()
            run("systemd-analyze", "verify", "--man=no", unit)
    psql("CREATE EXTENSION awgp")
    assert found("governed") == []
    assert run("/usr/local/bin/awgp", "audit", "verify").rstrip().endswith("no findings")
    assert "ALTER EXTENSION awgp UPDATE;" in run("/opt/unpacked/install.sh")
    run("/opt/unpacked/install.sh", "--destdir", "/opt/image", "--prefix", "/usr")
    assert os.path.exists(f"/opt/image{LIBRARY}") and os.path.exists("/opt/image/usr/bin/awgp")
    assert "DROP EXTENSION" in run("/opt/unpacked/install.sh", "--uninstall")
    assert installed_files() == before


def main():
    # An index of all man pages of the machine takes longer than everything else, and nobody asks it here.
    if os.path.exists("/var/lib/man-db/auto-update"):
        os.unlink("/var/lib/man-db/auto-update")
    story = Story(*(os.path.abspath(folder) for folder in sys.argv[1:3]))
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    passed = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            test(story)
        except (Exception, SystemExit) as error:  # noqa: BLE001
            print(f"test {name[5:]} ... FAILED\n{type(error).__name__}: {error}", flush=True)
            import traceback
            traceback.print_exc()
            break
        print(f"test {name[5:]} ... ok ({seconds(began)})", flush=True)
        passed += 1
    failed = len(tests) - passed
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed; 0 ignored")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
