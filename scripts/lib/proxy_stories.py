"""The programs of docs/clients tell their story through PgDog: scripts/fleet-proxy.

Each in two ways: with a line before set_context() that leads the transaction, and unchanged, with the tenant
in the options of the connection."""

import os
import re
import shutil
import subprocess
import tempfile
import uuid

import fleet

DOCS = os.path.join(fleet.ROOT, "docs", "clients")
PYTHON = ["python3", "-W", "error", "story.py"]
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-cp", fleet.toolchain("AWGP_JDBC"), "Story.java"]
KEY = "SET LOCAL pgdog.sharding_key TO '"
ISOLATED = "SET TRANSACTION ISOLATION LEVEL "
# The program, how it is run, and what leads a transaction: what is written in place of what. An isolation
# level comes after that: where the program or its library asks for one before, it is moved.
STORIES = {
    "node-postgres": (["node", "story.mjs"], [
        ("await client.query('SELECT awgp.set_context",
         f"await client.query(`{KEY}${{process.env.TENANT}}'`); await client.query('SELECT awgp.set_context")]),
    "drizzle": (["node", "story.mjs"], [
        ("await tx.execute(sql`SELECT awgp.set_context",
         f"await tx.execute(sql.raw(`{KEY}${{process.env.TENANT}}'`)); await tx.execute(sql`SELECT awgp.set_context")]),
    "prisma": (["node", "story.mjs"], [
        ("await tx.$executeRaw`SELECT awgp.set_context",
         f"await tx.$executeRawUnsafe(`{KEY}${{process.env.TENANT}}'`); "
         f"if (options.isolationLevel) await tx.$executeRaw`{ISOLATED}REPEATABLE READ`; "
         "await tx.$executeRaw`SELECT awgp.set_context"),
        ("  }, options);", "  });")]),
    "sqlalchemy": (PYTHON, [
        ('connection.execute(text("SELECT awgp.set_context',
         f"""connection.execute(text(f"{KEY}{{os.environ['TENANT']}}'")); connection.execute(text("SELECT awgp.set_context""")]),
    "django": (PYTHON, [
        ('def set_context(who, using="default"):', 'def set_context(who, using="default", isolation_level="READ COMMITTED"):'),
        ('cursor.execute("SELECT awgp.set_context',
         f"""cursor.execute(f"{KEY}{{__import__('os').environ['TENANT']}}'"); """
         f"""cursor.execute(f"{ISOLATED}{{isolation_level}}"); cursor.execute("SELECT awgp.set_context"""),
        (f"""        with connections[using].cursor() as cursor:
            cursor.execute(f"{ISOLATED}{{isolation_level}}")
        set_context(who, using)""", "        set_context(who, using, isolation_level)")]),
    "jdbc": (JAVA, [
        ('one(connection, "SELECT awgp.set_context',
         f"""connection.createStatement().execute("{KEY}" + System.getenv("TENANT") + "'"); """
         'one(connection, "SELECT awgp.set_context')]),
    # It is compiled already.
    "tokio-postgres": ([os.path.join(fleet.toolchain("AWGP_TARGET"), "debug", "tokio_postgres_story")], None),
}


def story():
    """What every program prints; docs/clients/README.md shows it."""
    with open(os.path.join(DOCS, "README.md"), encoding="utf-8") as file:
        return re.search(r"^created: backlog\n(?:.+\n)+?without a context: 0\n", file.read(), re.MULTILINE)[0]


def scene(member, suffix):
    """Makes the tenants of docs/clients/scene.sql, with this at the end of their names; the id of North."""
    with open(os.path.join(DOCS, "scene.sql"), encoding="utf-8") as file:
        text = re.sub(r"'(nordlicht|north|other)'", rf"'\1{suffix}'", file.read())
    member.psql(text)
    return member.psql(f"SELECT awgp.find_tenant('north{suffix}')")


def changed(folder, suffix, leading):
    """The program with the names of its scene and, where it leads its transactions, what does that."""
    missing = {before for before, _ in leading}
    for place, _, names in os.walk(folder):
        for name in names:
            if os.path.splitext(name)[1] not in (".py", ".mjs", ".java"):
                continue
            path = os.path.join(place, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            new = re.sub(r"""(["'])north\1""", rf"\1north{suffix}\1", text)
            for before, after in leading:
                missing -= {before} if before in new else set()
                new = new.replace(before, after)
            if new != text:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(new)
    if missing:
        fleet.fail(f"the program has no {missing}: scripts/lib/proxy_stories.py follows it")


def tell(three, client, way, tenant, suffix):
    """Runs the program, and returns what it prints."""
    command, leading = STORIES[client]
    with tempfile.TemporaryDirectory() as folder:
        home = os.path.join(folder, client)
        shutil.copytree(os.path.join(DOCS, client), home)
        os.symlink(os.path.join(fleet.toolchain("AWGP_NODE_CLIENTS"), "node_modules"), os.path.join(folder, "node_modules"))
        changed(home, suffix, leading if way == "transaction" else [])
        # PgDog splits options at "-c", which an id may have in it; without hyphens it has not.
        options = f"-c pgdog.sharding_key={uuid.UUID(tenant).hex}" if way == "connection" else ""
        asked = "?options=" + options.replace(" ", "%20").replace("=", "%3D") if options else ""
        url = three.proxy_url(options=asked)
        if client == "jdbc":
            asked = "&" + asked[1:] if asked else ""
            url = (f"jdbc:postgresql://127.0.0.1:{three.proxy_port}/{fleet.DATABASE}"
                   f"?user={fleet.APP}&password={three.password}{asked}")
        environment = dict(
            os.environ, DATABASE_URL=url, PGOPTIONS=options, TENANT=tenant, PYTHONDONTWRITEBYTECODE="1", DJANGO_SETTINGS_MODULE="settings",
            PYTHONPATH=f"{fleet.toolchain('AWGP_PYTHON_CLIENTS')}:{home}", CHECKPOINT_DISABLE="1", PRISMA_HIDE_UPDATE_MESSAGE="1",
            PRISMA_SCHEMA_ENGINE_BINARY="/bin/true", PRISMA_QUERY_ENGINE_LIBRARY="/bin/true")
        made = subprocess.run(["node", "../node_modules/prisma/build/index.js", "generate", "--no-hints"], cwd=home,
                              env=environment, text=True, capture_output=True) if client == "prisma" else None
        if made and made.returncode != 0:
            return made.stdout + made.stderr
        told = subprocess.run(command, cwd=home, env=environment, text=True, capture_output=True, timeout=120)
        return told.stdout + told.stderr


def run(three):
    fleet.say("\nThe programs of docs/clients.")
    scenes = {}
    ways = [(client, way) for client in STORIES for way in ("transaction", "connection")]
    for number, (client, way) in enumerate(ways):
        if STORIES[client][1] is None:
            if way == "transaction":
                continue
            suffix = ""
        else:
            suffix = f"-{client}-{way}"
        scenes[client, way] = scene(three.members[number % len(three.members)], suffix), suffix
    three.configure()
    # More than one connection to a member: the story has two transactions at once.
    three.stop_proxy()
    three.start_proxy()
    failed, expected = 0, story()
    for (client, way), (tenant, suffix) in scenes.items():
        told = tell(three, client, way, tenant, suffix)
        fleet.say(f"{'ok  ' if told == expected else 'FAIL'} {client}, led by the {way}")
        if told != expected:
            failed += 1
            fleet.say(told)
    return failed
