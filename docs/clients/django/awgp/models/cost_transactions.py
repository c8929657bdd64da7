from django.db import models
from django.db.models.expressions import RawSQL


class CostTransaction(models.Model):
    """The ledger: one entry for each cost."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="cost_transactions_by_tenant", db_default=RawSQL("awgp.current_tenant()", ()))
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="cost_transactions")
    work_item = models.ForeignKey("awgp.WorkItem", models.DO_NOTHING, db_column="work_item_id", related_name="cost_transactions", null=True, blank=True)
    provider = models.TextField()
    model = models.TextField()
    input_tokens = models.IntegerField()
    output_tokens = models.IntegerField()
    cost_amount = models.DecimalField(max_digits=18, decimal_places=6)
    metadata = models.JSONField(db_default=RawSQL("'{}'::jsonb", ()))
    pool = models.ForeignKey("awgp.ProviderCreditPool", models.DO_NOTHING, db_column="pool_id", related_name="cost_transactions", null=True, blank=True)
    holding = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="holding_id", related_name="cost_transactions_by_holding", null=True, blank=True)
    accounted_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    reservation = models.ForeignKey("awgp.CreditReservation", models.DO_NOTHING, db_column="reservation_id", related_name="cost_transactions", null=True, blank=True)
    reverses = models.ForeignKey("awgp.CostTransaction", models.DO_NOTHING, db_column="reverses_id", related_name="cost_transactions", null=True, blank=True)
    overrun = models.BooleanField(db_default=False)
    idempotency_key = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    cost_remainder = models.DecimalField(max_digits=1000, decimal_places=30, db_default=0)

    class Meta:
        managed = False
        db_table = '"awgp"."cost_transactions"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="cost_transactions_tenant_id_id_key"),
        ]
