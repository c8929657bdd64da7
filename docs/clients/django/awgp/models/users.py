from django.db import models
from django.db.models.expressions import RawSQL


class User(models.Model):
    """The people who work with assistants."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="tenant_id", related_name="users", db_default=RawSQL("awgp.current_tenant()", ()))
    keycloak_id = models.TextField(unique=True, null=True, blank=True)
    email = models.TextField()
    first_name = models.TextField(null=True, blank=True)
    last_name = models.TextField(null=True, blank=True)
    role = models.TextField()
    is_active = models.BooleanField(db_default=True)
    last_login_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    subject_by_tenant = models.BooleanField(db_default=False)

    class Meta:
        managed = False
        db_table = '"awgp"."users"'
        constraints = [
            models.UniqueConstraint(fields=["tenant", "email"], name="users_tenant_id_email_key"),
            models.UniqueConstraint(fields=["tenant", "id"], name="users_tenant_id_id_key"),
        ]
