from django.db import models
from django.db.models.expressions import RawSQL


class AuditLegalHold(models.Model):
    """Legal holds: months, or months with rows of a tenant, that are not retired."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    partition_name = models.TextField(null=True, blank=True)
    held_tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="held_tenant_id", related_name="audit_legal_holds", null=True, blank=True)
    reason = models.TextField()
    placed_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    placed_by = models.TextField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.TextField(null=True, blank=True)
    release_reason = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."audit_legal_holds"'
