from django.db import models
from django.db.models.expressions import RawSQL


class CreditReservation(models.Model):
    """Money that is set aside before it is spent. A reservation ends once: settled, released or
    expired."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="credit_reservations_by_tenant", db_default=RawSQL("awgp.current_tenant()", ()))
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="credit_reservations")
    work_item = models.ForeignKey("awgp.WorkItem", models.DO_NOTHING, db_column="work_item_id", related_name="credit_reservations", null=True, blank=True)
    provider = models.TextField()
    pool = models.ForeignKey("awgp.ProviderCreditPool", models.DO_NOTHING, db_column="pool_id", related_name="credit_reservations")
    holding = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="holding_id", related_name="credit_reservations_by_holding", null=True, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=6)
    state = models.TextField(db_default="held")
    reserved_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."credit_reservations"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="credit_reservations_tenant_id_id_key"),
        ]
