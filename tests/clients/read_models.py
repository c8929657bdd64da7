"""Reads a row of every model of Django, with its references both ways. Prints how many models there are."""

import django

django.setup()

from django.apps import apps

models = list(apps.get_app_config("awgp").get_models())
for model in models:
    row = model.objects.first()
    assert row is not None, f"{model.__name__} has no row"
    for field in model._meta.get_fields():
        if field.one_to_many:
            list(getattr(row, field.get_accessor_name()).all()[:10])
        elif field.many_to_one:
            getattr(row, field.name)
print(len(models))
