from django.db import models


class AuditRetiredPartition(models.Model):
    """Monthly partitions that were retired. Their tables are detached; their anchors stay, so that the
    rest of the trail verifies."""

    partition_name = models.TextField(primary_key=True)
    retired_at = models.DateTimeField()
    retired_by = models.TextField()
    retention_days = models.IntegerField()
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."audit_retired_partitions"'
