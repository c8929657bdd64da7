from django.db import models
from django.db.models.expressions import RawSQL


class Stop(models.Model):
    """Stops: an assistant, a tenant, a holding with its subsidiaries or the installation where nothing
    begins, until somebody resumes. Written by stop() and resume() alone."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    scope = models.TextField()
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="stops", null=True, blank=True)
    assistant = models.ForeignKey("awgp.Assistant", models.DO_NOTHING, db_column="assistant_id", related_name="stops", null=True, blank=True)
    reason = models.TextField()
    stopped_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    stopped_by = models.UUIDField(null=True, blank=True)
    stopped_issuer = models.TextField(null=True, blank=True)
    stopped_subject = models.TextField(null=True, blank=True)
    stopped_login = models.TextField()
    resume_by_other = models.BooleanField()
    resume_role = models.TextField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.UUIDField(null=True, blank=True)
    resumed_login = models.TextField(null=True, blank=True)
    resume_reason = models.TextField(null=True, blank=True)

    class Meta:
        managed = False
        db_table = '"awgp"."stops"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="stops_tenant_id_id_key"),
        ]
