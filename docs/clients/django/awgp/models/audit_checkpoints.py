from django.db import models
from django.db.models.expressions import RawSQL


class AuditCheckpoint(models.Model):
    """Checkpoints: size and root of a tenant's audit tree at a moment. The auditor keeps the signed
    notes, outside of the database. docs/checkpoints.md explains tree, root and note."""

    pk = models.CompositePrimaryKey("tenant_id", "tree_size")
    tenant_id = models.UUIDField()
    tree_size = models.BigIntegerField()
    root_hash = models.TextField()
    body = models.TextField()
    made_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."audit_checkpoints"'
