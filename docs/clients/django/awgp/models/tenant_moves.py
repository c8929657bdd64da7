from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class TenantMove(models.Model):
    """Moves of families to and from other installations. What is left of a family that moved away:
    where to, when, and the last link of each lane of its trail."""

    id = models.UUIDField(primary_key=True)
    side = models.TextField()
    state = models.TextField(db_default="preparing")
    family_id = models.UUIDField()
    slug = models.TextField()
    tenants = ArrayField(models.UUIDField())
    install_id = models.UUIDField()
    peer_id = models.UUIDField()
    peer = models.TextField()
    began_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    began_by = models.TextField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    lanes = models.JSONField(null=True, blank=True)
    digests = models.JSONField(null=True, blank=True)
    kept = models.JSONField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."tenant_moves"'
