from django.db import models
from django.db.models.expressions import RawSQL


class MessageWindow(models.Model):
    """Counters of rate limits: one row for each policy, sender or pair. Senders that count together
    wait for each other on the lock of the row. Only awgp.authorize_message() writes it. Deleting a
    policy deletes its rows."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="message_windows")
    policy_id = models.UUIDField()
    from_assistant_id = models.UUIDField(null=True, blank=True)
    to_assistant_id = models.UUIDField(null=True, blank=True)
    sent = models.BigIntegerField(db_default=0)
    last_sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."message_windows"'
        constraints = [
            models.UniqueConstraint(fields=["policy_id", "from_assistant_id", "to_assistant_id"], name="message_windows_key"),
            models.UniqueConstraint(fields=["tenant", "id"], name="message_windows_tenant_id_id_key"),
        ]
