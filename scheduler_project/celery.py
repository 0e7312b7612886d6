"""The Celery application that web, beat and workers share."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

app = Celery("horarium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
