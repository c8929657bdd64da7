from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class CommunicationPolicy(models.Model):
    """Rules for messages between assistants."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="communication_policies", db_default=RawSQL("awgp.current_tenant()", ()))
    name = models.TextField()
    from_assistant_types = ArrayField(models.TextField(), null=True, blank=True)
    to_assistant_types = ArrayField(models.TextField(), null=True, blank=True)
    allowed_channels = ArrayField(models.TextField(), null=True, blank=True)
    content_rules = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    rate_limit_per_hour = models.IntegerField(db_default=100)
    rate_limit_scope = models.TextField(db_default="policy")
    is_active = models.BooleanField(db_default=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."communication_policies"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="communication_policies_tenant_id_id_key"),
        ]
