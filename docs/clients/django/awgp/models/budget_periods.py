from django.db import models
from django.db.models.expressions import RawSQL


class BudgetPeriod(models.Model):
    """What is spent and held of each limit, one row for each period: of a pool, of a tenant's month, of
    an assistant's day, of a holding's month. Only the ledger writes it."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="budget_periods", db_default=RawSQL("awgp.current_tenant()", ()))
    scope = models.TextField()
    pool = models.ForeignKey("awgp.ProviderCreditPool", models.DO_NOTHING, db_column="pool_id", related_name="budget_periods", null=True, blank=True)
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="budget_periods", null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.TextField()
    limit_amount = models.DecimalField(max_digits=18, decimal_places=6)
    opening = models.DecimalField(max_digits=18, decimal_places=6, db_default=0)
    spent = models.DecimalField(max_digits=18, decimal_places=6, db_default=0)
    held = models.DecimalField(max_digits=18, decimal_places=6, db_default=0)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    remainder = models.DecimalField(max_digits=1000, decimal_places=30, db_default=0)

    class Meta:
        managed = False
        db_table = '"awgp"."budget_periods"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="budget_periods_tenant_id_id_key"),
        ]
