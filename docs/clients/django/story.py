"""The story of docs/clients, told with Django: story.py, with DATABASE_URL of a member of awgp_app."""

import json
import os
import random
import sys
import time
from decimal import Decimal

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
if __name__ == "__main__":
    # Django imports this file as well, for its URLs.
    sys.modules["story"] = sys.modules["__main__"]
    django.setup()

from django.db import DatabaseError, OperationalError, connection
from django.http import JsonResponse
from django.test import Client
from django.urls import path

from awgp.context import in_context, with_context
from awgp.models import Assistant, WorkItem


def refusal(error):
    """SQLSTATE, reason and hint of a refusal. DETAIL is JSON with a reason that never changes its meaning."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error):
        return None, None, None
    detail = cause.diag.message_detail or ""
    facts = json.loads(detail) if detail.startswith("{") else {}
    return cause.sqlstate, facts.get("reason"), cause.diag.message_hint


# The whole transaction again helps after these and no others. OperationalError says less: 55000 and 53400,
# which are refusals, arrive as one too.
AGAIN = {"40001", "40P01", "55P03"}


def retrying(transaction):
    """Runs a transaction; after a conflict with another one again, at most five times in all."""
    for attempt in range(1, 6):
        try:
            return transaction()
        except DatabaseError as error:
            if attempt == 5 or getattr(error.__cause__, "sqlstate", None) not in AGAIN:
                raise
        time.sleep(random.random() * 0.02 * 2**attempt)


def row(sql, parameters=()):
    """The first row of a statement. Django leaves JSON outside of a model's field as text."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def scene():
    """Who acts. An application knows the ids of its people; here set_context() takes their names."""
    sql = "SELECT awgp.current_tenant(), awgp.current_user_id(), awgp.find_user('bob@north.example')"
    with in_context({"tenant": "north", "user": "ada@north.example"}):
        tenant, *users = row(sql)
        assistant = Assistant.objects.get(slug="invoices")
    ada, bob = ({"tenant": tenant, "user": user} for user in users)
    return ada, bob, assistant


def create_item(who, assistant):
    """A row like any other: columns have their defaults, and triggers apply the rules."""
    with in_context(who):
        item = WorkItem.objects.create(
            assistant=assistant, title="Pay invoice 17", risk_level=3, estimated_cost=Decimal("0.5"))
    print("created:", item.status)
    return item


def conflict(ada, bob, item):
    """Two transactions change one row: the second one is told to begin again."""

    attempts = []

    def transaction():
        attempts.append(item)
        with in_context(ada, isolation_level="REPEATABLE READ"):
            if len(attempts) == 1:
                with in_context(bob, using="second"):
                    WorkItem.objects.using("second").filter(pk=item.pk).update(priority=2)
            WorkItem.objects.filter(pk=item.pk).update(priority=1)

    retrying(transaction)
    print("conflict: done at attempt", len(attempts))


def begin(who, item):
    """The one call before an assistant acts. It answers; a denial is no error, and is committed."""
    sql = "SELECT awgp.begin_action(%s, 'pay_invoice', 'openai', %s, idempotency_key => %s)"
    with in_context(who):
        return json.loads(row(sql, [item.pk, Decimal("0.25"), "invoice-17"])[0])


def may_act(answer):
    """Whether to act. With a repeated key `allowed` stays true when the action is over; `status` says so."""
    return answer["allowed"] and answer["status"] == "begun"


def denied_and_refused(ada, item):
    denied = begin(ada, item)
    print("begun:", denied["reason"])
    attempts = []

    def start():
        attempts.append(item)
        with in_context(ada):
            WorkItem.objects.filter(pk=item.pk).update(status="in_progress")

    try:
        retrying(start)
    except OperationalError as error:
        # By name this is what a failed connection is, and what middleware that knows no SQLSTATE repeats.
        code, reason, _hint = refusal(error)
        print("refused:", code, reason, "at attempt", len(attempts))


def approve(ada, bob, item):
    with in_context(ada):
        approval, asked = row("SELECT id, status FROM awgp.request_approval(%s)", [item.pk])
    with in_context(bob):
        (decided,) = row("SELECT status FROM awgp.approve(%s, %s)", [approval, "the amount is right"])
    print("approval:", asked, decided)


def finish(who, action, outcome, model=None, input_tokens=None, output_tokens=None, cost=None, result=None):
    """Reports how an action ended, and what it cost."""
    sql = "SELECT awgp.finish_action(%s, %s, %s, %s, %s, %s, %s)"
    report = [action, outcome, model, input_tokens, output_tokens, cost, None if result is None else json.dumps(result)]
    with in_context(who):
        return json.loads(row(sql, report)[0])


def governed(who, item, work):
    """Begins an action, does the work and reports how it ended, in two transactions with the work between."""
    begun = begin(who, item)
    if not may_act(begun):
        return begun
    # If the work raises, nobody knows whether it happened. A person says so later, or a later report.
    report = {"outcome": "unknown"}
    try:
        report = work(begun)
    finally:
        finished = finish(who, begun["action_id"], **report)
    return finished


def act(ada, item):
    begun, again = begin(ada, item), begin(ada, item)
    print("begun:", begun["reason"], "once" if begun["action_id"] == again["action_id"] else "twice")

    def pay(_begun):
        # Here the invoice would be paid, until expires_at.
        return {"outcome": "succeeded", "model": "gpt-4", "input_tokens": 1200, "output_tokens": 300,
                "cost": Decimal("0.031"), "result": {"paid": True}}

    finished = governed(ada, item, pay)
    print("finished:", finished["status"], finished["cost_amount"])


def record_cost(ada, assistant):
    sql = """SELECT id, cost_amount
             FROM awgp.record_cost(%s, 'openai', 'gpt-4', 100, 20, %s, idempotency_key => %s)"""
    entries = []
    for _ in range(2):
        with in_context(ada):
            entries.append(row(sql, [assistant.pk, Decimal("0.002"), "call-1"]))
    print("cost:", entries[0][1], "once" if entries[0] == entries[1] else "twice")


# Row-level security shows the rows of the tenant in context, so this needs no filter. A holding would see the
# rows of its subsidiaries too: filter(tenant_id=…) leaves them out. An application takes the person from
# request.user; the story has no logins, and passes who is asking beside the request.
@with_context(lambda request: request.META["awgp.who"])
def items(_request):
    found = WorkItem.objects.select_related("assistant")
    return JsonResponse({"items": [[item.title, item.status, item.assistant.slug] for item in found]})


urlpatterns = [path("items", items)]


def list_items(ada):
    for item in Client().get("/items", **{"awgp.who": ada}).json()["items"]:
        print("listed:", *item)
    print("without a context:", WorkItem.objects.count())


def main():
    ada, bob, assistant = scene()
    item = create_item(ada, assistant)
    conflict(ada, bob, item)
    denied_and_refused(ada, item)
    approve(ada, bob, item)
    act(ada, item)
    record_cost(ada, assistant)
    list_items(ada)


if __name__ == "__main__":
    main()
