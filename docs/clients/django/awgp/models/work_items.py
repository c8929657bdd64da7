from django.db import models
from django.db.models.expressions import RawSQL


class WorkItem(models.Model):
    """Tasks of assistants."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="work_items", db_default=RawSQL("awgp.current_tenant()", ()))
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="work_items")
    title = models.TextField()
    description = models.TextField(null=True, blank=True)
    status = models.TextField(db_default="backlog")
    priority = models.IntegerField(db_default=3)
    risk_level = models.IntegerField(null=True, blank=True)
    estimated_cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    actual_cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    context = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    result = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.TextField(null=True, blank=True)
    asked_risk_level = models.IntegerField(null=True, blank=True)
    pinned_digest = models.TextField(null=True, blank=True)
    created_by = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="created_by", related_name="work_items", null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    pinned_digest_version = models.IntegerField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."work_items"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="work_items_tenant_id_id_key"),
        ]
