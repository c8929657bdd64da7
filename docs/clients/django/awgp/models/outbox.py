from django.db import models
from django.db.models.expressions import RawSQL


class Outbox(models.Model):
    """Notices: what has happened that people wait for, one row for each target that is told. Ids, kinds
    and times, no content. Written with what happened; awgp notify delivers them."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="outbox", null=True, blank=True)
    kind = models.TextField()
    target = models.TextField()
    entity_type = models.TextField()
    entity_id = models.UUIDField(null=True, blank=True)
    code = models.TextField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    status = models.TextField(db_default="waiting")
    attempts = models.IntegerField(db_default=0)
    due_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    last_error = models.TextField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."outbox"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "entity_id", "expires_at", "target"], name="outbox_entity_id_expires_at_key"),
            models.UniqueConstraint(fields=["tenant", "id"], name="outbox_tenant_id_id_key"),
        ]
