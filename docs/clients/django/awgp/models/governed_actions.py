from django.db import models
from django.db.models.expressions import RawSQL


class GovernedAction(models.Model):
    """Actions of assistants: one row for each begin_action() that was allowed. Only begin_action(),
    finish_action(), reconcile_action() and abandon_actions() write it."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="governed_actions")
    work_item = models.ForeignKey("awgp.WorkItem", models.DO_NOTHING, db_column="work_item_id", related_name="governed_actions")
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="governed_actions")
    action = models.TextField()
    provider = models.TextField(null=True, blank=True)
    estimated_cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    status = models.TextField(db_default="begun")
    request_digest = models.TextField()
    reservation = models.ForeignKey("awgp.CreditReservation", models.DO_NOTHING, db_column="reservation_id", related_name="governed_actions", null=True, blank=True)
    cost_transaction = models.ForeignKey("awgp.CostTransaction", models.DO_NOTHING, db_column="cost_transaction_id", related_name="governed_actions", null=True, blank=True)
    finish_digest = models.TextField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    begun_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    request_digest_version = models.IntegerField(db_default=1)
    idempotency_key = models.TextField(null=True, blank=True)
    begin_digest = models.TextField(null=True, blank=True)
    arguments_digest = models.TextField(null=True, blank=True)
    approval = models.ForeignKey("awgp.Approval", models.DO_NOTHING, db_column="approval_id", related_name="governed_actions", null=True, blank=True)
    unknown_until = models.DateTimeField()

    class Meta:
        managed = False
        db_table = '"awgp"."governed_actions"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="governed_actions_tenant_id_id_key"),
        ]
