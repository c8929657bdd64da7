from django.db import models
from django.db.models.expressions import RawSQL


class BudgetAlert(models.Model):
    """Alerts of budgets: 50, 75 or 90 per cent have been spent, or more than the limit. The id of each
    is sent on the channel awgp_budget. Only the ledger writes them."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="budget_alerts", db_default=RawSQL("awgp.current_tenant()", ()))
    period = models.ForeignKey("awgp.BudgetPeriod", models.DO_NOTHING, db_column="period_id", related_name="budget_alerts")
    kind = models.TextField()
    threshold = models.IntegerField(null=True, blank=True)
    transaction = models.ForeignKey("awgp.CostTransaction", models.DO_NOTHING, db_column="transaction_id", related_name="budget_alerts", null=True, blank=True)
    spent = models.DecimalField(max_digits=18, decimal_places=6)
    limit_amount = models.DecimalField(max_digits=18, decimal_places=6)
    created_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."budget_alerts"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "period", "threshold"], name="budget_alerts_period_id_threshold_key"),
            models.UniqueConstraint(fields=["tenant", "id"], name="budget_alerts_tenant_id_id_key"),
        ]
