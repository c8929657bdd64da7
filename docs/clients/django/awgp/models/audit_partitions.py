from django.db import models
from django.db.models.expressions import RawSQL


class AuditPartition(models.Model):
    """The monthly partitions of audit_logs that were created. Verification reports one that is
    missing."""

    partition_name = models.TextField(primary_key=True)
    made_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."audit_partitions"'
