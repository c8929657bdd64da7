from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class Assistant(models.Model):
    """AI assistants: definitions and configurations."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="assistants", db_default=RawSQL("awgp.current_tenant()", ()))
    name = models.TextField()
    slug = models.TextField()
    description = models.TextField(null=True, blank=True)
    type = models.TextField()
    status = models.TextField(db_default="inactive")
    status_reason = models.TextField(null=True, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    configuration = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    capabilities = ArrayField(models.TextField(), null=True, blank=True)
    model_config = models.JSONField(db_default=RawSQL("'{\"model\": \"gpt-4\", \"provider\": \"openai\"}'::jsonb", ()))
    risk_tier = models.IntegerField(db_default=2)
    max_cost_per_day = models.DecimalField(max_digits=18, decimal_places=6, db_default=10.00)
    version = models.IntegerField(db_default=1)
    template = models.ForeignKey("awgp.AssistantTemplate", models.DO_NOTHING, db_column="template_id", related_name="assistants", null=True, blank=True)
    template_version = models.IntegerField(null=True, blank=True)
    template_overrides = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="created_by", related_name="assistants", null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    creator_issuer = models.TextField(null=True, blank=True)
    creator_subject = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."assistants"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="assistants_tenant_id_id_key"),
            models.UniqueConstraint(fields=["tenant", "slug"], name="assistants_tenant_id_slug_key"),
        ]
