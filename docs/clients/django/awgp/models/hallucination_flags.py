from django.db import models
from django.db.models.expressions import RawSQL


class HallucinationFlag(models.Model):
    """Statements of assistants that were flagged as potential hallucinations. Who flagged a statement
    is in the audit trail only."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="hallucination_flags", db_default=RawSQL("awgp.current_tenant()", ()))
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="hallucination_flags")
    work_item = models.ForeignKey("awgp.WorkItem", models.DO_NOTHING, db_column="work_item_id", related_name="hallucination_flags", null=True, blank=True)
    conversation_log = models.ForeignKey("awgp.ConversationLog", models.DO_NOTHING, db_column="conversation_log_id", related_name="hallucination_flags", null=True, blank=True)
    detection_method = models.TextField()
    confidence_score = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    model = models.TextField(null=True, blank=True)
    flagged_content = models.TextField(null=True, blank=True)
    status = models.TextField(db_default="pending")
    reviewed_by = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="reviewed_by", related_name="hallucination_flags", null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    content_digest = models.TextField()
    content_salt = models.BinaryField(null=True, blank=True)
    content_erased_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."hallucination_flags"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="hallucination_flags_tenant_id_id_key"),
        ]
