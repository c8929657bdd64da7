from django.db import models


class AuditAdoptedLane(models.Model):
    """The points of the trail from which it belongs to the next install: for each lane its last link,
    and the adoption link that the next row follows."""

    pk = models.CompositePrimaryKey("tenant_id", "chain_lane", "last_seq")
    tenant_id = models.UUIDField()
    chain_lane = models.SmallIntegerField()
    last_seq = models.BigIntegerField()
    last_hash = models.TextField()
    adopted_seq = models.BigIntegerField()
    adopted_hash = models.TextField()
    install_id = models.UUIDField()
    previous_id = models.UUIDField()
    move = models.ForeignKey("awgp.TenantMove", models.DO_NOTHING, db_column="move_id", related_name="audit_adopted_lanes", null=True, blank=True)
    adoption = models.ForeignKey("awgp.AuditAdoption", models.DO_NOTHING, db_column="adoption_id", related_name="audit_adopted_lanes", null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."audit_adopted_lanes"'
