from django.db import models


class AuditTreeTile(models.Model):
    """The hashes of the audit trees. Proofs are made from them, also for rows of retired partitions."""

    pk = models.CompositePrimaryKey("tenant_id", "level", "tile")
    tenant_id = models.UUIDField()
    level = models.SmallIntegerField()
    tile = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        managed = False
        db_table = '"awgp"."audit_tree_tiles"'
