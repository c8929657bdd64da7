from django.db import models
from django.db.models.expressions import RawSQL


class ApprovalDecision(models.Model):
    """Votes on approvals: who voted, and on whose behalf. Only AWGP writes them, and no vote is
    changed."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="approval_decisions")
    approval = models.ForeignKey("awgp.Approval", models.DO_NOTHING, db_column="approval_id", related_name="approval_decisions")
    approver = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="approver_id", related_name="approval_decisions_by_approver")
    on_behalf_of = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="on_behalf_of", related_name="approval_decisions_by_on_behalf_of", null=True, blank=True)
    delegation = models.ForeignKey("awgp.ApprovalDelegation", models.DO_NOTHING, db_column="delegation_id", related_name="approval_decisions", null=True, blank=True)
    decision = models.TextField()
    comment = models.TextField(null=True, blank=True)
    decided_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    approver_issuer = models.TextField(null=True, blank=True)
    approver_subject = models.TextField(null=True, blank=True)
    on_behalf_of_subject = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."approval_decisions"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "approval", "on_behalf_of"], name="approval_decisions_one_authority_key"),
            models.UniqueConstraint(fields=["tenant", "approval", "approver"], name="approval_decisions_one_human_key"),
            models.UniqueConstraint(fields=["tenant", "approval", "approver_issuer", "approver_subject"], name="approval_decisions_one_subject_key"),
            models.UniqueConstraint(fields=["tenant", "id"], name="approval_decisions_tenant_id_id_key"),
        ]
