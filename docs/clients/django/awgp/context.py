"""Transactions with a tenant, and a user of it, in context."""

import functools
from contextlib import contextmanager

from django.db import connections, transaction


def set_context(who, using="default"):
    """Puts tenant and user in context, until the transaction ends."""
    if not who["user"]:
        raise ValueError("no user to put in context: without one, no role is checked")
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT awgp.set_context(%s, %s)", [who["tenant"], who["user"]])


@contextmanager
def in_context(who, using="default", isolation_level="READ COMMITTED"):
    """One transaction, which commits at the end. Raises RuntimeError inside another atomic block."""
    with transaction.atomic(using=using, durable=True):
        with connections[using].cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation_level}")
        set_context(who, using)
        yield


def with_context(who_of):
    """For a view under ATOMIC_REQUESTS: puts the context of the request into its transaction. Middleware
    would come before that."""

    def decorate(view):
        @functools.wraps(view)
        def in_transaction(request, *arguments, **named):
            set_context(who_of(request))
            return view(request, *arguments, **named)

        return in_transaction

    return decorate
