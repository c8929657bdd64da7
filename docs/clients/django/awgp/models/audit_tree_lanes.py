from django.db import models


class AuditTreeLane(models.Model):
    """Runs of rows: which rows of a lane each checkpoint appended to the tree. It shows how far each
    lane is checkpointed."""

    pk = models.CompositePrimaryKey("tenant_id", "chain_lane", "last_seq")
    tenant_id = models.UUIDField()
    chain_lane = models.SmallIntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    last_hash = models.TextField()
    first_leaf = models.BigIntegerField()
    tree_size = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = '"awgp"."audit_tree_lanes"'
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "first_leaf"], name="audit_tree_lanes_leaf_key"),
        ]
