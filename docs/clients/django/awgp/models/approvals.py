from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class Approval(models.Model):
    """Requests to approve work, and what was decided."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="approvals", db_default=RawSQL("awgp.current_tenant()", ()))
    work_item = models.ForeignKey("awgp.WorkItem", models.DO_NOTHING, db_column="work_item_id", related_name="approvals")
    title = models.TextField()
    description = models.TextField(null=True, blank=True)
    risk_level = models.IntegerField()
    status = models.TextField(db_default="pending")
    requested_by = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="requested_by", related_name="approvals_by_requested_by")
    request_digest = models.TextField()
    approver_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    approved_by = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="approved_by", related_name="approvals_by_approved_by", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    rejected_reason = models.TextField(null=True, blank=True)
    expires_at = models.DateTimeField()
    escalation_count = models.IntegerField(db_default=0)
    escalated_to = models.TextField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalation_reason = models.TextField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    break_glass = models.BooleanField(db_default=False)
    context = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    requester_issuer = models.TextField(null=True, blank=True)
    requester_subject = models.TextField(null=True, blank=True)
    request_digest_version = models.IntegerField(db_default=1)
    action = models.TextField(null=True, blank=True)
    arguments = models.JSONField(null=True, blank=True)
    arguments_digest = models.TextField(null=True, blank=True)
    requested_arguments = models.JSONField(null=True, blank=True)
    requested_arguments_digest = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."approvals"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="approvals_tenant_id_id_key"),
        ]
