"""The Celery application that web, beat and workers share."""

import os
import warnings
from typing import Any

from celery.signals import setup_logging, worker_init

from scheduler_project.broker import Application

if os.environ.get("HORARIUM_ENV") in {"development", "test"}:
    # On one's own machine root is no news; messages are JSON and hold no code.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

app = Application("horarium")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery's fix-up would reconnect to the database around every task; a dead
# connection heals by the health check at `task_prerun` (executions.tasks).
app.conf.update(CELERY_DB_REUSE_MAX=10**9)
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Stop Celery from configuring logging: `scheduler_project.logs` did."""


@worker_init.connect
def _leave_soon(**_: Any) -> None:
    """Let a pool process that leaves wait 1 s, not 30 s, until its parent has counted its answers.

    A parent that stops may never count them; the answer of a wake-up carries nothing.
    """
    from billiard import pool  # only a worker has one

    pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10  # of 0.1 s


@worker_init.connect
def _end_when_deaf(**_: Any) -> None:
    from scheduler_project import deafness  # only a worker needs it

    deafness.install()
