"""A Celery application in a Django project."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.settings")

app = Celery("stock", include=["benchmarks.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
