from django.db import models
from django.db.models.expressions import RawSQL


class Installation(models.Model):
    """One row: the identity of this installation. Every audit chain begins with it, so that rows of
    another database do not verify here."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    installed_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    is_only_row = models.BooleanField(unique=True, db_default=True)
    adoptions = models.IntegerField(db_default=0)
    is_copy = models.BooleanField(db_default=False)
    subscription = models.TextField(null=True, blank=True)
    cluster_id = models.TextField(null=True, blank=True)
    database_oid = models.BigIntegerField(null=True, blank=True)
    timeline = models.IntegerField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."installation"'
