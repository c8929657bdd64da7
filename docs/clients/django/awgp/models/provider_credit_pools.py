from django.db import models
from django.db.models.expressions import RawSQL


class ProviderCreditPool(models.Model):
    """Budgets: one pool for each tenant and provider."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="provider_credit_pools", db_default=RawSQL("awgp.current_tenant()", ()))
    provider = models.TextField()
    monthly_budget = models.DecimalField(max_digits=18, decimal_places=6)
    current_balance = models.DecimalField(max_digits=18, decimal_places=6)
    alert_threshold_50 = models.BooleanField(db_default=False)
    alert_threshold_75 = models.BooleanField(db_default=False)
    alert_threshold_90 = models.BooleanField(db_default=False)
    reset_day_of_month = models.IntegerField(db_default=1)
    period_starts_at = models.DateTimeField(null=True, blank=True)
    period_ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    raise_amount = models.DecimalField(max_digits=18, decimal_places=6, db_default=0)
    raised_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."provider_credit_pools"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="provider_credit_pools_tenant_id_id_key"),
            models.UniqueConstraint(fields=["tenant", "provider"], name="provider_credit_pools_tenant_id_provider_key"),
        ]
