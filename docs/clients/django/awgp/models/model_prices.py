from django.db import models
from django.db.models.expressions import RawSQL


class ModelPrice(models.Model):
    """Prices of models, for each token, the same for every tenant; awgp_admin adds them. A price is
    never changed: one with a later valid_from takes its place. docs/prices.md explains how a cost is
    computed."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    provider = models.TextField()
    model = models.TextField()
    from_input_tokens = models.IntegerField(db_default=0)
    input_price = models.DecimalField(max_digits=27, decimal_places=24)
    output_price = models.DecimalField(max_digits=27, decimal_places=24)
    cached_price = models.DecimalField(max_digits=27, decimal_places=24, null=True, blank=True)
    valid_from = models.DateTimeField(db_default=RawSQL("now()", ()))
    source = models.TextField()
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."model_prices"'
        constraints = [
            models.UniqueConstraint(fields=["model", "provider", "valid_from", "from_input_tokens"], name="model_prices_model_key"),
        ]
