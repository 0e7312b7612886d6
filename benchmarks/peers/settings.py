"""Django settings of a stock project with django-celery-beat and django-celery-results."""

import os

import dj_database_url

SECRET_KEY = "peers hold no secrets"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django_celery_beat",
    "django_celery_results",
]
DATABASES = {"default": dj_database_url.parse(os.environ["PEER_DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

CELERY_BROKER_URL = os.environ["PEER_BROKER_URL"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = "PEER_RESULTS" not in os.environ
if "PEER_RESULTS" in os.environ:
    CELERY_RESULT_BACKEND = "django-db"
if os.environ.get("PEER_RESULTS") == "kept":
    DATABASES["default"]["CONN_MAX_AGE"] = None
