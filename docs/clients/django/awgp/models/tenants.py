from django.db import models
from django.db.models.expressions import RawSQL


class Tenant(models.Model):
    """Organizations: holdings and their subsidiaries. Row-level security separates their rows."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    name = models.TextField()
    slug = models.TextField(unique=True)
    type = models.TextField()
    parent_tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="parent_tenant_id", related_name="tenants", null=True, blank=True)
    settings = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    quota_max_assistants = models.IntegerField(db_default=10)
    quota_max_users = models.IntegerField(db_default=50)
    quota_monthly_cost_limit = models.DecimalField(max_digits=18, decimal_places=6, db_default=1000.00)
    is_active = models.BooleanField(db_default=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    proposed_settings = models.JSONField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."tenants"'
