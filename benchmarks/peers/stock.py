"""A Celery application in a Django project."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.settings")

app = Celery("stock", include=["benchmarks.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
if os.environ.get("PEER_RESULTS") == "kept":
    # Read by this very name, which no setting behind a namespace can have.
    app.conf.update(CELERY_DB_REUSE_MAX=10**9)
