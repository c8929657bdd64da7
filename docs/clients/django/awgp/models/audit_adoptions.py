from django.db import models
from django.db.models.expressions import RawSQL


class AuditAdoption(models.Model):
    """Adoptions: the install ids that this database had before, and when it got the next one."""

    install_id = models.UUIDField(primary_key=True)
    previous_id = models.UUIDField(unique=True)
    adopted_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    adopted_by = models.TextField()
    reason = models.TextField()

    class Meta:
        managed = False
        db_table = '"awgp"."audit_adoptions"'
