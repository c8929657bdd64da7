from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class ApprovalDelegation(models.Model):
    """Delegations: a user lets another decide approvals on their behalf for a time."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="approval_delegations", db_default=RawSQL("awgp.current_tenant()", ()))
    delegator = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="delegator_id", related_name="approval_delegations_by_delegator")
    delegate = models.ForeignKey("awgp.User", models.DO_NOTHING, db_column="delegate_id", related_name="approval_delegations_by_delegate")
    risk_levels = ArrayField(models.IntegerField(), null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField(null=True, blank=True)
    is_active = models.BooleanField(db_default=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    delegator_subject = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."approval_delegations"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="approval_delegations_tenant_id_id_key"),
        ]
