from django.db import models


class MaintenanceStep(models.Model):
    """The last outcome of each step of maintenance. The function awgp.maintenance_steps() lists the
    names of the steps."""

    step = models.TextField(primary_key=True)
    last_run_at = models.DateTimeField()
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.JSONField()

    class Meta:
        managed = False
        db_table = '"awgp"."maintenance_steps"'
