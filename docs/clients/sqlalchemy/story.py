"""The story of docs/clients, told with SQLAlchemy: story.py, with DATABASE_URL of a member of awgp_app."""

import json
import os
import random
import time
from contextlib import contextmanager
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import event, orm, text

url = sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
engine = sa.create_engine(url)


# Every transaction of a session begins with its tenant, and a user of it, in context.
@event.listens_for(orm.Session, "after_begin")
def set_context(session, _transaction, connection):
    if who := session.info.get("who"):
        connection.execute(text("SELECT awgp.set_context(:tenant, :user)"), who)


@contextmanager
def in_context(who, isolation_level="READ COMMITTED"):
    """A session in which one transaction runs; it commits at the end."""
    if not who["user"]:
        raise ValueError("no user to put in context: without one, no role is checked")
    bind = engine.execution_options(isolation_level=isolation_level)
    with orm.Session(bind, info={"who": who}) as session, session.begin():
        yield session


# Tables as classes, their columns read from the catalog. A relationship follows the key over (tenant_id, …).
class Base(orm.DeclarativeBase):
    metadata = sa.MetaData(schema="awgp")


class Assistant(Base):
    __table__ = sa.Table("assistants", Base.metadata, autoload_with=engine)


class WorkItem(Base):
    __table__ = sa.Table("work_items", Base.metadata, autoload_with=engine)
    assistant = orm.relationship(Assistant, viewonly=True)


def refusal(error):
    """SQLSTATE, reason and hint of a refusal. DETAIL is JSON with a reason that never changes its meaning."""
    diagnosis = error.orig.diag
    detail = diagnosis.message_detail or ""
    facts = json.loads(detail) if detail.startswith("{") else {}
    return error.orig.sqlstate, facts.get("reason"), diagnosis.message_hint


# The whole transaction again helps after these and no others. OperationalError says less: 55000 and 53400,
# which are refusals, arrive as one too.
AGAIN = {"40001", "40P01", "55P03"}


def retrying(transaction):
    """Runs a transaction; after a conflict with another one again, at most five times in all."""
    for attempt in range(1, 6):
        try:
            return transaction()
        except sa.exc.DBAPIError as error:
            if attempt == 5 or error.orig.sqlstate not in AGAIN:
                raise
        time.sleep(random.random() * 0.02 * 2**attempt)


def scene():
    """Who acts. An application knows the ids of its people; here set_context() takes their names."""
    sql = text("SELECT awgp.current_tenant(), awgp.current_user_id(), awgp.find_user('bob@north.example')")
    with in_context({"tenant": "north", "user": "ada@north.example"}) as session:
        tenant, *users = session.execute(sql).one()
        assistant = session.scalar(sa.select(Assistant.id).filter_by(slug="invoices"))
    ada, bob = ({"tenant": tenant, "user": user} for user in users)
    return ada, bob, assistant


def create_item(who, assistant):
    """A row like any other: columns have their defaults, and triggers apply the rules."""
    with in_context(who) as session:
        item = WorkItem(assistant_id=assistant, title="Pay invoice 17", risk_level=3, estimated_cost=Decimal("0.5"))
        session.add(item)
        session.flush()
        print("created:", item.status)
        return item.id


def conflict(ada, bob, item):
    """Two transactions change one row: the second one is told to begin again."""

    def prioritise(session, value):
        session.execute(sa.update(WorkItem).filter_by(id=item).values(priority=value))

    attempts = []

    def transaction():
        attempts.append(item)
        with in_context(ada, "REPEATABLE READ") as session:
            # A session begins with its first statement, and so does what a transaction sees.
            session.get(WorkItem, item)
            if len(attempts) == 1:
                with in_context(bob) as other:
                    prioritise(other, 2)
            prioritise(session, 1)

    retrying(transaction)
    print("conflict: done at attempt", len(attempts))


def begin(who, item):
    """The one call before an assistant acts. It answers; a denial is no error, and is committed."""
    sql = text("SELECT awgp.begin_action(:item, 'pay_invoice', 'openai', :cost, idempotency_key => :key)")
    with in_context(who) as session:
        return session.scalar(sql, {"item": item, "cost": Decimal("0.25"), "key": "invoice-17"})


def may_act(answer):
    """Whether to act. With a repeated key `allowed` stays true when the action is over; `status` says so."""
    return answer["allowed"] and answer["status"] == "begun"


def denied_and_refused(ada, item):
    denied = begin(ada, item)
    print("begun:", denied["reason"])
    attempts = []

    def start():
        attempts.append(item)
        with in_context(ada) as session:
            session.get(WorkItem, item).status = "in_progress"

    try:
        retrying(start)
    except sa.exc.DBAPIError as error:
        # By name this is what a failed connection is, and what middleware that knows no SQLSTATE repeats.
        assert isinstance(error, sa.exc.OperationalError) and not error.connection_invalidated
        code, reason, _hint = refusal(error)
        print("refused:", code, reason, "at attempt", len(attempts))


def approve(ada, bob, item):
    with in_context(ada) as session:
        asked = session.execute(text("SELECT id, status FROM awgp.request_approval(:item)"), {"item": item}).one()
    with in_context(bob) as session:
        sql = text("SELECT status FROM awgp.approve(:id, :comment)")
        decided = session.scalar(sql, {"id": asked.id, "comment": "the amount is right"})
    print("approval:", asked.status, decided)


def finish(who, action, outcome, model=None, input_tokens=None, output_tokens=None, cost=None, result=None):
    """Reports how an action ended, and what it cost."""
    sql = text("SELECT awgp.finish_action(:action, :outcome, :model, :input, :output, :cost, :result)")
    sql = sql.bindparams(sa.bindparam("result", type_=sa.dialects.postgresql.JSONB(none_as_null=True)))
    with in_context(who) as session:
        return session.scalar(sql, {"action": action, "outcome": outcome, "model": model, "input": input_tokens,
                                    "output": output_tokens, "cost": cost, "result": result})


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
    sql = text("SELECT id, cost_amount"
               " FROM awgp.record_cost(:assistant, 'openai', 'gpt-4', 100, 20, :cost, idempotency_key => :key)")
    entries = []
    for _ in range(2):
        with in_context(ada) as session:
            cost = {"assistant": assistant, "cost": Decimal("0.002"), "key": "call-1"}
            entries.append(session.execute(sql, cost).one())
    print("cost:", entries[0].cost_amount, "once" if entries[0].id == entries[1].id else "twice")


def list_items(ada):
    """Row-level security shows the rows of the tenant in context, so this needs no WHERE. A holding would see
    the rows of its subsidiaries too: a WHERE on tenant_id leaves them out."""
    with in_context(ada) as session:
        for item in session.scalars(sa.select(WorkItem).options(orm.joinedload(WorkItem.assistant))):
            print("listed:", item.title, item.status, item.assistant.slug)
    with orm.Session(engine) as session:
        print("without a context:", session.scalar(sa.select(sa.func.count()).select_from(WorkItem)))


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
