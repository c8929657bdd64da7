"""Makes a next version of this tree, for tests of upgrades: the same, and a table, a script and a function
more.

    python3 scripts/lib/next_version.py [FOLDER]

Without a folder, it prints the version of this tree.
Writes only files whose text is another one, so that building it again compiles nothing."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

COLUMN = "region text NOT NULL DEFAULT 'eu'"
COMMENTS = """
COMMENT ON COLUMN awgp.tenants.region IS 'Where its rows are kept.';
"""
FUNCTION = """
/// Of the next version alone.
#[pg_extern(stable, parallel_safe)]
fn next_version() -> &'static str {
    VERSION
}
"""
UPDATE = """
CREATE FUNCTION awgp."next_version"() RETURNS TEXT STRICT STABLE PARALLEL SAFE LANGUAGE c
AS 'MODULE_PATHNAME', 'next_version_wrapper';
SELECT awgp.migrate();
"""


def replaced(text, old, new):
    """The text with one place changed, which must be there."""
    if old not in text:
        sys.exit(f"not found any more: {old!r}. Fix: change scripts/lib/next_version.py.")
    return text.replace(old, new, 1)


def version(root=ROOT):
    with open(os.path.join(root, "Cargo.toml"), encoding="utf-8") as file:
        return re.search(r'^version = "(.*)"$', file.read(), re.MULTILINE)[1]


def next_of(number):
    major, minor, patch = number.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def changes(files):
    """What is other in the next version, by name of the file."""
    old, new = version(), next_of(version())
    number = 1 + sum(name.startswith("sql/migrations/") and name.endswith(".sql") for name in files)
    migration = f"{number:04}_tenants_region"
    def text(name):
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            return file.read()

    manifest = text("awgp_ext/src/install/manifest.rs")
    listed = re.search(r'const MIGRATIONS: .*?files! \{ "migrations":(.*?)\};', manifest, re.DOTALL)
    install, tenants = text("awgp_ext/src/install/mod.rs"), text("sql/tables/tenants.sql")
    view = "sql/views/user_list.sql"
    return {
        "Cargo.toml": replaced(text("Cargo.toml"), f'version = "{old}"', f'version = "{new}"'),
        "sql/tables/tenants.sql": replaced(tenants, "    CONSTRAINT tenants_pkey", f"    {COLUMN},\n    CONSTRAINT tenants_pkey")
        + COMMENTS,
        f"sql/migrations/{migration}.sql": f"ALTER TABLE awgp.tenants ADD COLUMN {COLUMN};{COMMENTS}",
        "awgp_ext/src/install/manifest.rs": manifest[:listed.end(1)].rstrip() + f'\n    "{migration}",\n' + manifest[listed.end(1):],
        "awgp_ext/src/install/mod.rs": install + FUNCTION,
        view: text(view) + "COMMENT ON VIEW awgp.user_list IS 'Users, as the next version lists them.';\n",
        f"awgp_ext/sql/awgp--{old}--{new}.sql": UPDATE,
    }


def write(path, content):
    try:
        with open(path, "rb") as file:
            if file.read() == content:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def main():
    if len(sys.argv) == 1:
        print(version())
        return
    folder = sys.argv[1]
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True, check=True,
                            capture_output=True).stdout.splitlines()
    files = [name for name in listed if os.path.isfile(os.path.join(ROOT, name))]
    changed = changes(files)
    for name in {*files, *changed}:
        path = os.path.join(folder, name)
        if name in changed:
            write(path, changed[name].encode())
        else:
            with open(os.path.join(ROOT, name), "rb") as file:
                write(path, file.read())
        # Scripts stay programs.
        if name in files:
            os.chmod(path, os.stat(os.path.join(ROOT, name)).st_mode)


if __name__ == "__main__":
    main()
