"""What must hold through PgDog, with psycopg: scripts/fleet-proxy."""

import collections
import contextlib
import json
import random
import threading
import uuid

import fleet
import psycopg

Tenant = collections.namedtuple("Tenant", "slug id user assistant member sees")
LETTERS = "SELECT title FROM awgp.work_items WHERE title LIKE 'a letter of %' ORDER BY title"
TENANT = "SELECT awgp.current_tenant()::text"
CLIENTS, TRANSACTIONS = 24, 40


class Checks:
    """Counts what does not hold."""

    def __init__(self):
        self.failed = 0

    def that(self, name, holds, *facts):
        if not holds:
            self.failed += 1
        fleet.say(f"{'ok  ' if holds else 'FAIL'} {name}", *(() if holds else facts))

    def same(self, name, found, expected):
        self.that(name, found == expected, f"\n     found    {found}\n     expected {expected}")


class Proxy:
    """Connections through the proxy."""

    def __init__(self, fleet_of_three):
        self.fleet = fleet_of_three

    def connect(self, login=fleet.APP, **options):
        return psycopg.connect(self.fleet.proxy_url(login), autocommit=True, **options)


@contextlib.contextmanager
def led(client, tenant, way="local"):
    """A transaction on the tenant's member, without a context."""
    with client.transaction():
        yield lead(client, tenant, way)


def lead(client, tenant, way):
    """Says where the transaction goes, and returns what has to stand before each statement."""
    if way == "local":
        client.execute(f"SET LOCAL pgdog.sharding_key TO '{uuid.UUID(tenant.id)}'")
    elif way == "set_config":
        client.execute(f"SELECT set_config('pgdog.sharding_key', '{uuid.UUID(tenant.id)}', true)")
    elif way == "shard":
        client.execute(f"SET LOCAL pgdog.shard TO {int(tenant.member.shard)}")
    elif way == "comment":
        return f"/* pgdog_sharding_key: {uuid.UUID(tenant.id)} */ "
    return ""


def enter(client, tenant, before="", prepare=None):
    sql = f"{before}SELECT awgp.set_context(%s::uuid, %s::uuid)"
    client.execute(sql, [tenant.id, tenant.user], prepare=prepare)


def column(client, sql, *values, prepare=None):
    return [row[0] for row in client.execute(sql, values or None, prepare=prepare)]


def refusal(error):
    """SQLSTATE and reason."""
    detail = error.diag.message_detail or ""
    return error.sqlstate, json.loads(detail).get("reason") if detail.startswith("{") else None


def refused(client, statements):
    """What the first refusal of a transaction is, or the rows of its last statement."""
    try:
        with client.transaction():
            rows = []
            for sql, *values in statements:
                done = client.execute(sql, values or None)
                rows = done.fetchall() if done.description else []
        return rows
    except psycopg.Error as error:
        return refusal(error)


def own_rows(checks, proxy, tenants):
    """Each tenant of each member, led in each way: its own rows, and no others."""
    for way in ("local", "set_config", "shard", "comment"):
        for tenant in tenants:
            with proxy.connect() as client, led(client, tenant, way) as before:
                enter(client, tenant, before)
                found = column(client, before + LETTERS)
            checks.same(f"own rows, led by {way}: {tenant.slug}", found, sorted(tenant.sees))
    for tenant in tenants:
        # PgDog splits options at "-c", which an id may have in it; without hyphens it has not.
        options = f"-c pgdog.sharding_key={uuid.UUID(tenant.id).hex}"
        with proxy.connect(options=options) as client, client.transaction():
            enter(client, tenant)
            found = column(client, LETTERS)
        checks.same(f"own rows, led by the connection: {tenant.slug}", found, sorted(tenant.sees))


def wrong_member(checks, proxy, tenants):
    """A wrong shard: a refusal or nothing, never somebody's rows."""
    for tenant in tenants:
        for member in proxy.fleet.members:
            if member is tenant.member:
                continue
            there = (f"SET LOCAL pgdog.shard TO {member.shard}",)
            answers = []
            with proxy.connect() as client:
                answers.append(refused(client, [there, ("SELECT awgp.set_context(%s::uuid, %s::uuid)", tenant.id, tenant.user)]))
                answers.append(refused(client, [there, ("SELECT awgp.set_context(%s, %s)", tenant.slug, f"ada@{tenant.slug}.example")]))
                # The context of a setting alone, which nothing checks until rows are read.
                setting = ("SELECT set_config('app.current_tenant', %s, true)", tenant.id)
                answers.append(refused(client, [there, setting, (LETTERS,)]))
                answers.append(refused(client, [there, (f"SET LOCAL app.current_tenant TO '{tenant.id}'",), (LETTERS,)]))
            expected = [("42501", "unknown_tenant")] * 2
            checks.that(f"{tenant.slug} on member {member.name}: refused, and no rows",
                        answers[:2] == expected and all(answer in ([], expected[0]) for answer in answers[2:]), answers)
    # Two tenants of one member: the key decides where, the context decides what.
    first, second = tenants[0], tenants[2]
    with proxy.connect() as client, led(client, first):
        enter(client, second)
        checks.same("the key of one tenant, the context of another: the context's rows", column(client, LETTERS), second.sees)
    # A comment that names another member than the transaction's.
    first, elsewhere = tenants[0], tenants[-1]
    with proxy.connect() as client:
        key = (f"SET LOCAL pgdog.sharding_key TO '{first.id}'",)
        context = ("SELECT awgp.set_context(%s::uuid, %s::uuid)", first.id, first.user)
        answer = refused(client, [key, context, (f"/* pgdog_sharding_key: {elsewhere.id} */ {LETTERS}",)])
        checks.same("a transaction does not change its member", answer, ("58000", None))


def pid(client, tenant):
    with led(client, tenant):
        return column(client, "SELECT pg_backend_pid()")[0]


def leaks(checks, proxy, tenants):
    """What one client leaves on the connection, the next one does not find."""
    tenant = tenants[0]

    def nothing(name, left):
        with proxy.connect() as next_one, led(next_one, tenant):
            found = (column(next_one, "SELECT pg_backend_pid()")[0], column(next_one, TENANT)[0], column(next_one, LETTERS))
        checks.same(f"nothing is left by {name}", found, (left, None, []))

    with proxy.connect() as client:
        with led(client, tenant):
            enter(client, tenant)
        nothing("a transaction that was committed", pid(client, tenant))
        with contextlib.suppress(psycopg.Rollback), led(client, tenant):
            enter(client, tenant)
            raise psycopg.Rollback
        nothing("one that was rolled back", pid(client, tenant))
        with contextlib.suppress(psycopg.Error), led(client, tenant):
            enter(client, tenant)
            client.execute("SELECT 1 / 0")
        nothing("one that has failed", pid(client, tenant))
        left = pid(client, tenant)
        # A client that is gone in the middle of one.
        gone = proxy.connect()
        gone.execute("BEGIN")
        lead(gone, tenant, "local")
        enter(gone, tenant)
        gone.close()
        with proxy.connect() as next_one, led(next_one, tenant):
            checks.same("nothing is left by a client that is gone", (column(next_one, TENANT)[0], column(next_one, LETTERS)),
                        (None, []))
        left = pid(client, tenant)
        # A setting of the session: PgDog keeps it for its client, and takes it back for others.
        client.execute(f"SET app.current_tenant TO '{tenant.id}'")
        with led(client, tenant):
            checks.same("SET of a session counts for its client", column(client, TENANT)[0], tenant.id)
        nothing("SET of a session", left)
        client.execute("RESET app.current_tenant")
        # One that PgDog cannot read, since its value is a parameter.
        with led(client, tenant):
            client.execute("SELECT set_config('app.current_tenant', %s, false)", [tenant.id])
        with proxy.connect() as next_one, led(next_one, tenant):
            found = column(next_one, TENANT)[0]
        checks.same("a setting by a parameter stays on the connection, which docs/operations/poolers.md warns of",
                    found, tenant.id)
        for one in proxy.fleet.members:
            one.psql("ALTER DATABASE postgres SET awgp.session_context = refused")
    # Connections that begin afterwards refuse it.
    terminate(proxy)
    with proxy.connect() as client:
        with led(client, tenant):
            client.execute("SELECT set_config('app.current_tenant', %s, false)", [tenant.id])
        with proxy.connect() as next_one:
            answer = refused(next_one, [(f"SET LOCAL pgdog.sharding_key TO '{tenant.id}'",), (LETTERS,)])
        checks.same("… unless awgp.session_context is refused", answer, ("42501", "session_context"))
    # For what comes next.
    terminate(proxy)


def terminate(proxy):
    """Ends the connections of the application at the members; PgDog makes others."""
    for one in proxy.fleet.members:
        one.psql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{fleet.APP}'")


def side_by_side(checks, proxy, tenants):
    """Many clients at once, one connection to each member: own rows only, and prepared statements of all."""
    problems, done, lock = [], collections.Counter(), threading.Lock()

    def one(seed):
        draw = random.Random(seed)
        with proxy.connect() as client:
            # From the first time on, as a driver does that prepares by itself.
            client.prepare_threshold = 0
            for _ in range(TRANSACTIONS):
                tenant, ending = draw.choice(tenants), draw.choice(["commit", "commit", "rollback", "error"])
                try:
                    with led(client, tenant):
                        if (found := column(client, TENANT)[0]) is not None:
                            problems.append(f"{tenant.slug} finds the context {found}")
                        enter(client, tenant, prepare=True)
                        if (found := column(client, LETTERS, prepare=True)) != sorted(tenant.sees):
                            problems.append(f"{tenant.slug} sees {found}")
                        if ending == "rollback":
                            raise psycopg.Rollback
                        if ending == "error":
                            client.execute("SELECT 1 / 0")
                except psycopg.errors.DivisionByZero:
                    pass
                except psycopg.Error as error:
                    problems.append(f"{tenant.slug}: {error}")
                with lock:
                    done[tenant.member.name] += 1

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checks.that(f"{sum(done.values())} transactions of {CLIENTS} clients side by side, one connection to each member",
                not problems and sum(done.values()) == CLIENTS * TRANSACTIONS and len(done) == 3, problems[:5], len(problems))


def without_tenant(checks, proxy, tenants):
    """A statement that names no tenant: each member refuses what it does not know."""
    unlisted = "8d3f3b7e-0000-4000-8000-000000000000"
    context = "SELECT awgp.set_context(%s::uuid)"
    named = {"by a setting": [(f"SET LOCAL pgdog.sharding_key TO '{unlisted}'",), (context, unlisted)],
             "in a comment": [(f"/* pgdog_sharding_key: {unlisted} */ {context}", unlisted)]}
    tables = (LETTERS, "UPDATE awgp.work_items SET priority = 1 RETURNING id", "DELETE FROM awgp.communication_policies RETURNING id")
    with proxy.connect() as client:
        for sql in tables:
            answer = refused(client, [(sql,)])
            checks.that(f"asked together, without a context, the members have nothing: {sql[:40]}",
                        answer in ([], ("42501", "no_tenant_context")), answer)
        write = ("SELECT awgp.create_work_item(%s::uuid, 'nobody''s')", tenants[0].assistant)
        checks.same("a function without a tenant is refused by whichever member it comes to",
                    {refused(client, [write]) for _ in range(12)}, {("42501", "no_tenant_context")})
        # It comes to one member, in turn: the right one has the rows of that tenant, and no other does.
        answers = collections.Counter(
            str(refused(client, [("SELECT awgp.set_context(%s::uuid, %s::uuid)", tenants[3].id, tenants[3].user), (LETTERS,)]))
            for _ in range(12))
        right = str([(title,) for title in sorted(tenants[3].sees)])
        checks.that("a context that is not led is refused, or has its own rows",
                    set(answers) == {right, str(("42501", "unknown_tenant"))}, answers)
        for name, statements in named.items():
            checks.same(f"a tenant on no list, named {name}, is refused by the members",
                        {str(refused(client, statements)) for _ in range(6)}, {str(("42501", "unknown_tenant"))})
    with proxy.connect("strict") as client:
        for sql in tables:
            checks.same(f"with cross_shard_disabled PgDog refuses {sql[:40]}", refused(client, [(sql,)]), ("58000", None))
        for name, statements in named.items():
            checks.same(f"… and a tenant on no list, named {name}", refused(client, statements), ("58000", None))


def transactions(checks, proxy, tenants):
    """What else a transaction may hold that is led."""
    tenant = tenants[4]
    key = (f"SET LOCAL pgdog.sharding_key TO '{tenant.id}'",)
    for one in proxy.fleet.members:
        one.psql("CREATE TABLE public.notes (line text); GRANT ALL ON public.notes TO app_server;"
                 "CREATE TABLE public.orders (tenant_id uuid, line text); GRANT ALL ON public.orders TO app_server")
    # PgDog knows a table's columns from then on.
    proxy.fleet.reload()
    with proxy.connect() as client:
        checks.same("the catalog is read", refused(client, [key, ("SELECT count(*) FROM pg_type WHERE typname = 'uuid'",)]), [(1,)])
        checks.same("reference data is read", refused(client, [key, ("SELECT count(*) FROM awgp.model_prices WHERE false",)]), [(0,)])
        checks.same("reference data is not written", refused(client, [key, ("DELETE FROM awgp.model_prices",)]), ("58000", None))
        isolation = [key, ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",), ("SHOW transaction_isolation",)]
        checks.same("an isolation level, after it is led", refused(client, isolation), [("repeatable read",)])
        checks.same("… and not before", refused(client, [isolation[1], key]), ("58000", None))
        with led(client, tenant):
            enter(client, tenant)
            with contextlib.suppress(psycopg.Error), client.transaction():
                client.execute("SELECT 1 / 0")
            checks.same("a savepoint", column(client, LETTERS), tenant.sees)
        before = [one.psql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") for one in proxy.fleet.members]
        client.execute("BEGIN")
        lead(client, tenant, "local")
        client.execute("SELECT 1")
        busy = [one.psql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") for one in proxy.fleet.members]
        client.execute("COMMIT")
        client.execute("BEGIN")
        client.execute(f"/* pgdog_sharding_key: {tenant.id} */ SELECT 1")
        all_busy = [one.psql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") for one in proxy.fleet.members]
        client.execute("COMMIT")
        checks.same("it takes one connection; led by comments it takes one to each member", (before, busy, all_busy),
                    (["0", "0", "0"], ["0", "1", "0"], ["1", "1", "1"]))
        counts = lambda table: [one.psql(f"SELECT count(*) FROM public.{table}") for one in proxy.fleet.members]
        refused(client, [key, ("INSERT INTO public.orders (tenant_id, line) VALUES (%s, 'x')", tenant.id)])
        refused(client, [("INSERT INTO public.orders (tenant_id, line) VALUES (%s::uuid, 'x')", tenant.id)])
        checks.same("a table of the application with tenant_id is written where the tenant is", counts("orders"), ["0", "2", "0"])
        checks.same("one without it is not written when led", refused(client, [key, ("INSERT INTO public.notes VALUES ('x')",)]),
                    ("58000", None))
        refused(client, [("INSERT INTO public.notes VALUES ('x')",)])
        checks.same("… and on all members when not", counts("notes"), ["1", "1", "1"])
        client.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        with proxy.connect() as other, led(other, tenant):
            checks.same("an isolation level of the session stays on the connections",
                        column(other, "SHOW default_transaction_isolation"), ["serializable"])
    terminate(proxy)


def writes(checks, proxy, tenants):
    """What is written is on the tenant's member alone, and in its trail."""
    for tenant in (tenants[0], tenants[4], tenants[-1]):
        title = f"written by {tenant.slug}"
        with proxy.connect() as client, led(client, tenant):
            enter(client, tenant)
            client.execute("SELECT awgp.create_work_item(%s::uuid, %s)", [tenant.assistant, title])
            client.execute("INSERT INTO awgp.work_items (tenant_id, assistant_id, title) VALUES (%s, %s, %s)",
                           [tenant.id, tenant.assistant, title])
            changed = client.execute("UPDATE awgp.work_items SET priority = 2 WHERE title = %s", [title]).rowcount
        counts = {one.name: int(one.psql(f"SELECT count(*) FROM awgp.work_items WHERE title = '{title}'"))
                  for one in proxy.fleet.members}
        checks.same(f"what {tenant.slug} writes is on its member alone", (changed, counts),
                    (2, {one.name: 2 * (one is tenant.member) for one in proxy.fleet.members}))
    with proxy.connect() as client, client.transaction():
        tenant = tenants[3]
        found = column(client, "SELECT title FROM awgp.work_items WHERE tenant_id = %s::uuid", tenant.id)
        checks.same("tenant_id = $1 leads, and without a context there is no row", found, [])


def reloading(checks, proxy, tenants):
    """A family moves: the proxy leads to where it was until RELOAD, and clients at work go on."""
    tenant, stays = tenants[2], tenants[-1]
    proxy.fleet.awgp("fleet", "move", tenant.slug, "--to", "b", "--yes")
    with proxy.connect() as client:
        key = (f"SET LOCAL pgdog.sharding_key TO '{tenant.id}'",)
        context = ("SELECT awgp.set_context(%s::uuid, %s::uuid)", tenant.id, tenant.user)
        checks.same("a moved tenant is refused at its old member", refused(client, [key, context, (LETTERS,)]),
                    ("55000", "tenant_moved"))
        findings = proxy.fleet.awgp("fleet", "pgdog", "--check", proxy.fleet.proxy_url(), "--output", "json", expected=(12,))
        checks.same("… and `awgp fleet pgdog --check` says so", [line["tenant"] for line in json.loads(findings)], [tenant.slug])
        stop, problems, done = threading.Event(), [], collections.Counter()

        def work():
            while not stop.is_set():
                with contextlib.suppress(psycopg.Error), proxy.connect() as other:
                    while not stop.is_set():
                        try:
                            with led(other, stays):
                                enter(other, stays)
                                found = column(other, LETTERS)
                            done[tuple(found)] += 1
                        except psycopg.Error as error:
                            problems.append(error.sqlstate)
                            if other.closed:
                                break

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        proxy.fleet.configure()
        for _ in range(5):
            proxy.fleet.reload()
        # The connection that was there before, too.
        answers = refused(client, [key, context, (LETTERS,)])
        stop.set()
        for thread in threads:
            thread.join()
    checks.same("after RELOAD it is led to its new member", answers, [(title,) for title in tenant.sees])
    checks.that(f"clients at work go on after RELOAD: {sum(done.values())} transactions, {len(problems)} to be tried again",
                set(problems) <= {"58000", None} and list(done) == [tuple(stays.sees)], problems, done)
    proxy.fleet.awgp("fleet", "pgdog", "--check", proxy.fleet.proxy_url())
    checks.that("`awgp fleet pgdog --check` finds nothing", True)


def trails(checks, proxy, _tenants):
    proxy.fleet.awgp("audit", "verify")
    checks.that("the trail of each member verifies", True)


def run(fleet_of_three, tenants):
    checks, proxy = Checks(), Proxy(fleet_of_three)
    for part in (own_rows, wrong_member, leaks, side_by_side, without_tenant, writes, transactions, reloading, trails):
        fleet.say(f"\n{part.__doc__ or 'The trails.'}")
        part(checks, proxy, tenants)
    return checks.failed
