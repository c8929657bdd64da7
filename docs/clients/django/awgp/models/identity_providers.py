from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL


class IdentityProvider(models.Model):
    """Issuers whose access tokens awgp.authenticate() accepts; awgp_admin maintains them.
    docs/identity.md explains the columns."""

    id = models.UUIDField(primary_key=True, db_default=RawSQL("gen_random_uuid()", ()))
    name = models.TextField(unique=True)
    issuer = models.TextField(unique=True)
    audience = ArrayField(models.TextField())
    jwks = models.TextField()
    algorithms = ArrayField(models.TextField(), db_default=RawSQL("'{RS256,ES256,EdDSA,Ed25519}'::text[]", ()))
    subject_claim = models.TextField(db_default="sub")
    tenant_claim = models.TextField(null=True, blank=True)
    authorized_parties = ArrayField(models.TextField(), db_default=RawSQL("'{}'::text[]", ()))
    leeway_seconds = models.IntegerField(db_default=10)
    max_lifetime_seconds = models.IntegerField(null=True, blank=True)
    only_tenant = models.ForeignKey("awgp.Tenant", models.DO_NOTHING, db_column="only_tenant_id", related_name="identity_providers", null=True, blank=True)
    is_active = models.BooleanField(db_default=True)
    created_at = models.DateTimeField(db_default=RawSQL("now()", ()))
    updated_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."identity_providers"'
