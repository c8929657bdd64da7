from django.db import models
from django.db.models.expressions import RawSQL


class AuditLog(models.Model):
    """The audit trail: an immutable record of every change and event."""

    pk = models.CompositePrimaryKey("id", "timestamp")
    id = models.BigIntegerField()
    timestamp = models.DateTimeField(db_default=RawSQL("now()", ()))
    tenant_id = models.UUIDField()
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True, blank=True)
    action = models.TextField()
    entity_type = models.TextField()
    entity_id = models.UUIDField(null=True, blank=True)
    before_state = models.JSONField(null=True, blank=True)
    after_state = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(null=True, blank=True)
    integrity_hash = models.TextField()
    chain_lane = models.SmallIntegerField()
    chain_seq = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = '"awgp"."audit_logs"'
