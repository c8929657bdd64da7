from django.db import models
from django.db.models.expressions import RawSQL


class SchemaMigration(models.Model):
    """What install() and migrate() have applied: each migration once; a script (policies, triggers,
    functions, views) again when its text changes."""

    name = models.TextField(primary_key=True)
    kind = models.TextField()
    checksum = models.TextField()
    extension_version = models.TextField()
    applied_at = models.DateTimeField(db_default=RawSQL("now()", ()))

    class Meta:
        managed = False
        db_table = '"awgp"."schema_migrations"'
