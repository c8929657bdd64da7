from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class AssistantTemplate(models.Model):
    """Reusable assistant configurations, the same for every tenant; awgp_admin maintains them."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    name = models.TextField()
    slug = models.TextField(unique=True)
    description = models.TextField(null=True, blank=True)
    type = models.TextField()
    configuration = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    capabilities = ArrayField(models.TextField(), null=True, blank=True)
    model_config = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    risk_tier = models.IntegerField(db_default=2)
    max_cost_per_day = models.DecimalField(max_digits=18, decimal_places=6, db_default=10.00)
    version = models.IntegerField(db_default=1)
    content_digest = models.TextField()
    is_system = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."assistant_templates"'
