from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ConversationSearch(models.Model):
    """The words of messages, for awgp.search_conversations(). A trigger writes them, and erasing the
    conversation deletes them."""

    pk = models.CompositePrimaryKey("tenant_id", "conversation_log_id", "message_number")
    tenant_id = models.UUIDField()
    conversation_log = models.ForeignKey("awgp.ConversationLog", models.DO_NOTHING, db_column="conversation_log_id", related_name="conversation_search")
    message_number = models.IntegerField()
    words = SearchVectorField()

    class Meta:
        managed = False
        db_table = '"awgp"."conversation_search"'
