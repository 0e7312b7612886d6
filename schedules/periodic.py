"""Ordinary `PeriodicTask` rows, sent once each however many beats run.

A beat takes a row by compare-and-set on its `last_run_at` before it sends the
task. The one that loses reads the row again.
"""

from typing import Any

import structlog
from django.db.models import F, QuerySet
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from executions import wakeups

log = structlog.get_logger(__name__)


class RowEntry(ModelEntry):
    """A row, with its `last_run_at` as the table had it when it was read."""

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        self.as_read = model.last_run_at
        super().__init__(model, app=app)


class PeriodicTaskScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler, made safe to run in several processes."""

    Entry = RowEntry

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lost: set[str] = set()
        super().__init__(*args, **kwargs)

    def enabled_models_qs(self) -> "QuerySet[PeriodicTask]":
        """Return all enabled rows; the stock query drops some by an hour that it gets wrong in some zones."""
        rows: QuerySet[PeriodicTask] = self.Model.objects.enabled()
        return rows

    def reserve(self, entry: RowEntry) -> RowEntry:
        """Take the row, or learn that another beat has taken this run."""
        following: RowEntry = next(entry)
        row = PeriodicTask.objects.filter(pk=entry.model.pk, enabled=True)
        as_read = row.filter(last_run_at=entry.as_read) if entry.as_read else row.filter(last_run_at=None)
        if as_read.update(last_run_at=following.last_run_at, total_run_count=F("total_run_count") + 1):
            return following
        self._lost.add(entry.name)
        current = row.first()
        return RowEntry(current, app=self.app) if current else following

    def apply_entry(self, entry: RowEntry, producer: Any = None) -> None:
        """Send the task of a row that this beat has taken; a run that cannot be sent becomes due again."""
        if entry.name in self._lost:
            self._lost.discard(entry.name)
            return
        try:
            if _is_piling_up(entry):
                log.warning("periodic task not sent: nobody reads its queue", name=entry.name)
                return
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001 - brokers fail in many ways
            log.warning("periodic task not sent, will be tried again", name=entry.name, error=str(error))
            self._give_back(entry)

    def _give_back(self, entry: RowEntry) -> None:
        taken = PeriodicTask.objects.filter(pk=entry.model.pk, last_run_at=entry.model.last_run_at)
        taken.update(last_run_at=entry.as_read, total_run_count=F("total_run_count") - 1)
        self._heap_invalidated = self._initial_read = True

    def sync(self) -> None:
        """Do nothing: every run was written when it was taken."""


def _is_piling_up(entry: RowEntry) -> bool:
    """Return whether enough of our own sweeps wait for a worker already; more would find nothing to do."""
    if entry.options.get("queue") != wakeups.SWEEPS:
        return False
    return wakeups.waiting(wakeups.SWEEPS) >= wakeups.MAX_WAITING
