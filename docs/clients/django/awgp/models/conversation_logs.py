from django.db import models
from django.db.models.expressions import RawSQL


class ConversationLog(models.Model):
    """Conversations of assistants: open, ended or erased."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="conversation_logs", db_default=RawSQL("awgp.current_tenant()", ()))
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="conversation_logs")
    work_item = models.ForeignKey("awgp.WorkItem", models.DO_NOTHING, db_column="work_item_id", related_name="conversation_logs", null=True, blank=True)
    channel = models.TextField()
    external_id = models.TextField(null=True, blank=True)
    messages = models.JSONField(db_default=RawSQL("'[]'::jsonb", ()))
    message_count = models.IntegerField()
    model = models.TextField(null=True, blank=True)
    cost_amount = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    cost_is_computed = models.BooleanField(db_default=False)
    token_count = models.IntegerField(null=True, blank=True)
    token_count_is_computed = models.BooleanField(db_default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    content_digest = models.TextField()
    content_salt = models.BinaryField(null=True, blank=True)
    legal_hold = models.BooleanField(db_default=False)
    erased_at = models.DateTimeField(null=True, blank=True)
    erased_by = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="erased_by", related_name="conversation_logs", null=True, blank=True)
    erased_reason = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    external_number = models.IntegerField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."conversation_logs"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "assistant", "id"], name="conversation_logs_tenant_id_assistant_id_id_key"),
            models.UniqueConstraint(fields=["tenant", "id"], name="conversation_logs_tenant_id_id_key"),
        ]
