from django.db import models
from django.db.models.expressions import RawSQL


class AuditLogIntegrity(models.Model):
    """Seals: one row for each sealed partition."""

    id = models.AutoField(primary_key=True)
    partition_name = models.TextField(unique=True)
    last_sequence_number = models.BigIntegerField()
    cumulative_hash = models.TextField()
    verified_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."audit_log_integrity"'
