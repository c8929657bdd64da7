from django.db import models
from django.db.models.expressions import RawSQL


class AuditPartition(models.Model):
    """Months of the trail that were made. Verification reports a month that was made and is not
    there."""

    partition_name = models.TextField(primary_key=True)
    made_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."audit_partitions"'
