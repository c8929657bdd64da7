"""As little of Django's settings as the story needs."""

import os
from urllib.parse import urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": url.path.lstrip("/"),
    "USER": url.username,
    "PASSWORD": url.password,
    "HOST": url.hostname,
    "PORT": url.port,
    "ATOMIC_REQUESTS": True,
}
# The second connection is only there to get into the way of the first.
DATABASES = {"default": DATABASE, "second": {**DATABASE}}
INSTALLED_APPS = ["awgp"]
ROOT_URLCONF = "story"
ALLOWED_HOSTS = ["testserver"]
SECRET_KEY = "only of the story"
USE_TZ = True
