"""Ordinary `PeriodicTask` rows, sent once each however many beats run.

A beat takes a row by compare-and-set on its `last_run_at` before it sends the
task. The one that loses reads the row again.
"""

import threading
import time
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db.models import F, QuerySet
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry
from kombu.exceptions import LimitExceeded, OperationalError

from executions import wakeups
from schedules import outbox

log = structlog.get_logger(__name__)

TAKE_SECONDS = 0.05  # rows are taken for so long before our own schedules have their turn


class RowEntry(ModelEntry):
    """A row, with its `last_run_at` as the table had it when it was read."""

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        self.as_read = model.last_run_at
        super().__init__(model, app=app)


class PeriodicTaskScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler, made safe to run in several processes.

    It never waits for the broker: what it has taken goes to an outbox.
    """

    Entry = RowEntry
    producer = None  # the stock one connects here, in beat's only loop, and retries for minutes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lost: set[str] = set()
        self._outbox = outbox.Outbox()
        self._given_back = threading.Event()
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Take rows that are due, for a short time, and return the seconds until the next one is."""
        until = time.monotonic() + TAKE_SECONDS
        delay = 0.0
        while delay <= 0 and time.monotonic() < until:
            delay = self._outbox.pause() or self._take_one(*args, **kwargs)
        return delay

    def _take_one(self, *args: Any, **kwargs: Any) -> float:
        if self._given_back.is_set():
            self._given_back.clear()
            self._read_again()
        try:
            return super().tick(*args, **kwargs) or 0.0
        except BaseException:
            # The stock tick takes a row off its heap first and puts it back last.
            self._read_again()
            raise

    def _read_again(self) -> None:
        self._heap_invalidated = self._initial_read = True

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

    def apply_entry(self, entry: RowEntry, producer: Any = None) -> None:  # noqa: ARG002 - there is none
        """Have the task of a row sent that this beat has taken; a run that the broker refuses becomes due again."""
        if entry.name in self._lost:
            self._lost.discard(entry.name)
            return
        give_back = partial(self._give_back, entry, taken_at=entry.model.last_run_at)
        self._outbox.put(outbox.Parcel(send=partial(self._send, entry), give_back=give_back))

    def _send(self, entry: RowEntry) -> None:
        """Send the task. A row that no broker could take is logged, and has its next run at its next time."""
        if _is_piling_up(entry):
            log.warning("periodic task not sent: nobody reads its queue", name=entry.name)
            return
        try:
            self.apply_async(entry, advance=False)
        except Exception as error:
            cause = error.__context__ or error  # Celery wraps whatever it was
            if isinstance(cause, OSError | OperationalError | LimitExceeded):
                raise
            log.exception("periodic task not sent", name=entry.name)

    def _give_back(self, entry: RowEntry, *, taken_at: datetime) -> None:
        taken = PeriodicTask.objects.filter(pk=entry.model.pk, last_run_at=taken_at)
        taken.update(last_run_at=entry.as_read, total_run_count=F("total_run_count") - 1)
        self._given_back.set()

    def sync(self) -> None:
        """Do nothing: every run was written when it was taken."""

    def close(self) -> None:
        """Send or give back what was taken, and leave."""
        self._outbox.close()
        super().close()


def _is_piling_up(entry: RowEntry) -> bool:
    """Return whether enough of our own sweeps wait for a worker already; more would find nothing to do."""
    if entry.options.get("queue") != wakeups.SWEEPS:
        return False
    return wakeups.waiting(wakeups.SWEEPS) >= wakeups.MAX_WAITING
