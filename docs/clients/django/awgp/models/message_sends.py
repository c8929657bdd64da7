from django.db import models


class MessageSend(models.Model):
    """Times of the last messages of each counter (message_windows): as many as its limit, and up to 64
    more. Only awgp.authorize_message() writes it."""

    pk = models.CompositePrimaryKey("tenant_id", "window_id", "number")
    tenant_id = models.UUIDField()
    window = models.ForeignKey("awgp.MessageWindow", models.DO_NOTHING, db_column="window_id", related_name="message_sends")
    number = models.BigIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = '"awgp"."message_sends"'
