from django.db import models
from django.db.models.expressions import RawSQL


class AuditErasableColumn(models.Model):
    """The columns of AWGP's own tables that set_erasable() has declared: from then on the trail has a
    commitment in place of their values."""

    pk = models.CompositePrimaryKey("table_name", "column_name")
    table_name = models.TextField()
    column_name = models.TextField()
    declared_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", ()))
    declared_by = models.TextField()

    class Meta:
        managed = False
        db_table = '"awgp"."audit_erasable_columns"'
