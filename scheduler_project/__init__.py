"""Wiring: settings, the Celery application, ASGI, URLs, health, embedded servers."""

from scheduler_project.celery import app as celery_app

__all__ = ["celery_app"]
