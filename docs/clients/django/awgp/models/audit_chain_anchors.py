from django.db import models
from django.db.models.expressions import RawSQL


class AuditChainAnchor(models.Model):
    """The first and last link of each lane in each sealed partition. With them the trail verifies after
    a partition was retired, and a chain that was computed again is found."""

    pk = models.CompositePrimaryKey("partition_name", "tenant_id", "chain_lane")
    partition_name = models.TextField()
    tenant_id = models.UUIDField()
    chain_lane = models.SmallIntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    last_hash = models.TextField()
    sealed_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."audit_chain_anchors"'
