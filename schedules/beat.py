"""Beat: django-celery-beat's scheduler, with our schedules beside its rows.

Any number of beats run at the same time, all of them active. Our schedules are
claimed row by row in the database. An ordinary `PeriodicTask` is taken by
compare-and-set on its `last_run_at` before it is sent.
"""

import socket
import time
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from celery.beat import ScheduleEntry
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, QuerySet
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from executions import queries as execution_queries
from executions import wakeups
from executions.models import Pulse
from schedules import fire, queries

log = structlog.get_logger(__name__)

LONGEST_WAIT = 1.0  # seconds; bounds what a lost notification or a moved clock can cost
SHORTEST_WAIT = 0.01  # seconds; while another beat holds the rows that are due
PULSE_SECONDS = 2.0
RETRY_SECONDS = 1.0  # between passes while the database is away


class Entry(ModelEntry):
    """A `PeriodicTask`, with its `last_run_at` as the row had it when it was read."""

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        self.as_read = model.last_run_at
        super().__init__(model, app=app)


class Scheduler(DatabaseScheduler):
    """The scheduler of `celery beat`."""

    Entry = Entry

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lost: set[str] = set()
        self._released_until: datetime | None = None
        self._pulsed = -PULSE_SECONDS
        self._listener: psycopg.Connection[Any] | None = None
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Fire what is due, then wait for the next due time or a notification.

        The wait is in here, because the loop around it can only sleep. Never
        raises for a database that is away: it comes back.
        """
        try:
            delay = super().tick(*args, **kwargs)
            self._wait(min(delay or 0, self._pass()))
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            log.warning("beat waits for the database", error=str(error))
            self._disconnect()
            time.sleep(RETRY_SECONDS)
        return 0

    def _pass(self) -> float:
        """Fire due schedules, wake workers for delayed steps, and return the seconds until more is due."""
        began = time.monotonic()
        done = fire.fire_due()
        if done.is_full:
            return 0
        next_release = self._release(done.now)
        if began - self._pulsed >= PULSE_SECONDS:
            execution_queries.pulse(f"beat@{socket.gethostname()}", role=Pulse.Role.BEAT)
            self._pulsed = began
        due = [instant for instant in (queries.next_due_at(), next_release) if instant is not None]
        if not due:
            return LONGEST_WAIT
        return (min(due) - done.now).total_seconds() - (time.monotonic() - began)

    def _release(self, now: datetime) -> datetime | None:
        """Wake workers for delayed steps that became available since the last pass."""
        since = self._released_until or now - timedelta(seconds=2 * LONGEST_WAIT)
        queues, next_release = execution_queries.released(since=since, now=now)
        for queue, count in queues.items():
            wakeups.wake(queue, count=count)
        self._released_until = now
        return next_release

    def _wait(self, seconds: float) -> None:
        seconds = min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)
        if self._listener is None:
            self._listener = _listen()
        for _ in self._listener.notifies(timeout=seconds, stop_after=1):
            pass

    def _disconnect(self) -> None:
        connection.close()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def close(self) -> None:
        """Leave cleanly."""
        super().close()
        self._disconnect()

    # Ordinary PeriodicTask rows.

    def enabled_models_qs(self) -> "QuerySet[PeriodicTask]":
        """Return all enabled rows: the stock query drops rows by an hour that it computes with whole-hour zones."""
        return self.Model.objects.enabled()

    def reserve(self, entry: Entry) -> ScheduleEntry:
        """Take the row, or learn that another beat has taken this run."""
        following = next(entry)
        row = PeriodicTask.objects.filter(pk=entry.model.pk, enabled=True)
        as_read = row.filter(last_run_at=entry.as_read) if entry.as_read else row.filter(last_run_at=None)
        taken = as_read.update(last_run_at=following.last_run_at, total_run_count=F("total_run_count") + 1)
        if taken:
            return following
        self._lost.add(entry.name)
        current = row.first()
        return self.Entry(current, app=self.app) if current else following

    def apply_entry(self, entry: Entry, producer: Any = None) -> None:
        """Send the task of a row that this beat has taken; a run that cannot be sent stays due."""
        if entry.name in self._lost:
            self._lost.discard(entry.name)
            return
        if _is_piling_up(entry):
            log.warning("periodic task not sent: its queue is not being read", name=entry.name)
            return
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001 - brokers fail in many ways
            log.warning("periodic task not sent, will be tried again", name=entry.name, error=str(error))
            self._give_back(entry)

    def _give_back(self, entry: Entry) -> None:
        taken = PeriodicTask.objects.filter(pk=entry.model.pk, last_run_at=entry.model.last_run_at)
        taken.update(last_run_at=entry.as_read, total_run_count=F("total_run_count") - 1)
        self._heap_invalidated = True
        self._initial_read = True

    def sync(self) -> None:
        """Do nothing: every run was written when it was taken."""


def _is_piling_up(entry: Entry) -> bool:
    """Return whether enough of our own sweeps wait for a worker already; more would find nothing to do."""
    return (
        entry.options.get("queue") == wakeups.SWEEPS
        and wakeups.waiting(wakeups.SWEEPS) >= wakeups.MAX_WAITING
    )


def _listen() -> psycopg.Connection[Any]:
    """Open a connection of its own that hears notifications."""
    parameters = connection.get_connection_params()
    wanted = {
        key: parameters[key] for key in ("dbname", "host", "port", "user", "password") if parameters.get(key)
    }
    listener = psycopg.connect(
        **wanted, autocommit=True, connect_timeout=5, application_name="horarium-beat-listen"
    )
    listener.execute(f"LISTEN {wakeups.CHANNEL}")
    return listener
