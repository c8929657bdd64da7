"""The context as psycopg 3 and psycopg2 pass it: pass_context.py MODULE URL TENANT USER.

Prints a line a call: what was passed, and whether that tenant and that user are in context.
tests/tests/drivers.rs compares."""

import importlib
import sys
import uuid

module, url, tenant, user = sys.argv[1:]
driver = importlib.import_module(module)
if module == "psycopg2":
    importlib.import_module("psycopg2.extras").register_uuid()
connection = driver.connect(url)
cursor = connection.cursor()
ASKED = "SELECT awgp.current_tenant()::text = %s, coalesce(awgp.current_user_id()::text = %s, false)"


def put(name, *arguments):
    cursor.execute(f"SELECT awgp.set_context({', '.join(['%s'] * len(arguments))})", arguments)
    cursor.execute(ASKED, (tenant, user))
    print(name, *cursor.fetchone())
    connection.rollback()


put("names", "north", "manager@north.example")
put("ids", tenant, user)
put("uuids", uuid.UUID(tenant), uuid.UUID(user))
put("nobody", "north", None)
put("tenant", tenant)
put("tenant_uuid", uuid.UUID(tenant))
