from django.db import models


class AuditErasableValue(models.Model):
    """The values of the trail that can be erased: an event has a commitment in place of each. A row
    whose value was erased stays until its month is retired."""

    pk = models.CompositePrimaryKey("tenant_id", "commitment")
    tenant_id = models.UUIDField()
    commitment = models.TextField()
    audit_id = models.BigIntegerField()
    chained_at = models.DateTimeField()
    entity_type = models.TextField()
    member = models.TextField()
    subject = models.TextField(null=True, blank=True)
    salt = models.BinaryField(null=True, blank=True)
    value = models.JSONField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    erasure_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."audit_erasable_values"'
