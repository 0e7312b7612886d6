"""Ordinary `PeriodicTask` rows, sent once each however many beats run.

A beat takes a row by compare-and-set on its `last_run_at` before it sends the
task. The one that loses reads the row again. A row that cannot be used is set
aside, so that it harms no other.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from celery.schedules import schedstate, schedule
from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.db.models import F, QuerySet
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry
from django_celery_beat.utils import NEVER_CHECK_TIMEOUT
from kombu import exceptions as kombu_errors
from kombu.utils.json import loads

from executions import wakeups
from schedules import outbox
from schedules.aside import Aside, Row

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError)  # the database is, and no row is at fault
TAKE_SECONDS = 0.05  # rows are taken for so long before our own schedules have their turn
SHORTEST_INTERVAL = 0.1  # seconds between two runs of a row, whatever its interval
STUMBLE_SECONDS = 1.0  # until the rows are looked at again after an error that belongs to none of them


class RowEntry(ModelEntry):
    """A row, with its `last_run_at` as the table had it when it was read."""

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        self.as_read = model.last_run_at
        self.fault: Exception | None = None
        if model.scheduler is None:
            raise ValueError("it has no schedule; give it an interval, a crontab, a solar or a clocked time")
        for text in (model.args, model.kwargs, model.headers):
            loads(text or "null")  # the stock one disables such a row, and goes on with half an entry
        super().__init__(model, app=app)

    def is_due(self) -> schedstate:
        """Return whether it is due, and the seconds until it is next. An error is left in `fault`: never due."""
        try:
            due: schedstate = super().is_due()
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - schedules fail in many ways
            self.fault = error
            return schedstate(is_due=False, next=NEVER_CHECK_TIMEOUT)
        if due.is_due and isinstance(self.schedule, schedule):
            return due._replace(next=max(due.next, SHORTEST_INTERVAL))
        return due


class PeriodicTaskScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler, made safe to run in several processes.

    It never waits for the broker: what it has taken goes to an outbox.
    """

    Entry = RowEntry
    producer = None  # the stock one connects here, in beat's only loop, and retries for minutes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lost: set[str] = set()
        self._aside = Aside()
        self._stumbled = ""
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
        except (DatabaseError, InterfaceError):
            # The stock tick takes a row off its heap first and puts it back last.
            self._read_again()
            raise
        except Exception as error:  # noqa: BLE001 - our own schedules fire all the same
            self._read_again()
            self._stumble(error)
            return STUMBLE_SECONDS

    def _stumble(self, error: Exception) -> None:
        if repr(error) != self._stumbled:
            self._stumbled = repr(error)
            log.error("periodic tasks could not be looked at", exc_info=error)

    def _read_again(self) -> None:
        self._heap_invalidated = self._initial_read = True

    def enabled_models_qs(self) -> "QuerySet[PeriodicTask]":
        """Return all enabled rows; the stock query drops some by an hour that it gets wrong in some zones."""
        rows: QuerySet[PeriodicTask] = self.Model.objects.enabled()
        return rows

    def enabled_models(self) -> list[PeriodicTask]:
        """Return the enabled rows that can be read; one whose zone is unknown fails the query of all."""
        try:
            return list(self.enabled_models_qs())
        except AWAY:
            raise
        except Exception:  # noqa: BLE001 - the search says which row it was, and why
            fields = self.enabled_models_qs().values_list("pk", "name", "date_changed", named=True)
            return self._search(list(fields))

    def _search(self, rows: Sequence[Row]) -> list[PeriodicTask]:
        """Read rows by halves, down to the ones that cannot be read."""
        try:
            return list(self.enabled_models_qs().filter(pk__in=[row.pk for row in rows]))
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - fields fail in many ways
            if len(rows) == 1:
                self._aside.put(rows[0], error=error)
                return []
        half = len(rows) // 2
        return [*self._search(rows[:half]), *self._search(rows[half:])]

    def all_as_schedule(self) -> dict[str, RowEntry]:
        """Return the entries of the rows that can be used, by name."""
        entries = [self._read(row) for row in self.enabled_models()]
        return {entry.name: entry for entry in entries if entry}

    def _read(self, row: PeriodicTask) -> RowEntry | None:
        if self._aside.holds(row):
            return None
        try:
            return RowEntry(row, app=self.app)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - rows fail in many ways
            self._aside.put(row, error=error)
            return None

    def populate_heap(self, *args: Any, **kwargs: Any) -> None:
        """Order the rows by their next time, and set those aside that have none."""
        super().populate_heap(*args, **kwargs)
        for event in self._heap:
            self._judge(event.entry)

    def is_due(self, entry: RowEntry) -> schedstate:
        """Return whether a row is due, and the seconds until it is next."""
        due = entry.is_due()
        self._judge(entry)
        return due

    def _judge(self, entry: RowEntry) -> None:
        if entry.fault:
            self._aside.put(entry.model, error=entry.fault)

    def reserve(self, entry: RowEntry) -> RowEntry:
        """Take the row, or learn that another beat has taken this run."""
        following: RowEntry = next(entry)
        row = PeriodicTask.objects.filter(pk=entry.model.pk, enabled=True)
        as_read = row.filter(last_run_at=entry.as_read) if entry.as_read else row.filter(last_run_at=None)
        try:
            taken = as_read.update(
                last_run_at=following.last_run_at, total_run_count=F("total_run_count") + 1
            )
        except DataError as error:  # a count beyond what its column holds
            self._lost.add(entry.name)
            self._aside.put(entry.model, error=error)
            return following
        if taken:
            return following
        self._lost.add(entry.name)
        current = row.first()
        return (current and self._read(current)) or following

    def apply_entry(self, entry: RowEntry, producer: Any = None) -> None:  # noqa: ARG002 - there is none
        """Have the task of a row sent that this beat has taken; a run that the broker refuses becomes due again."""
        if entry.name in self._lost:
            self._lost.discard(entry.name)
            return
        give_back = partial(self._give_back, entry, taken_at=entry.model.last_run_at)
        self._outbox.put(outbox.Parcel(send=partial(self._send, entry), give_back=give_back))

    def _send(self, entry: RowEntry) -> None:
        """Send the task. A row that no broker could take is set aside."""
        if self._is_piling_up(entry):
            log.warning("periodic task not sent: nobody reads its queue", name=entry.name)
            return
        try:
            self.apply_async(entry, advance=False)
        except Exception as error:
            cause = error.__context__ or error  # Celery wraps whatever it was
            if _is_the_brokers(cause):
                raise
            self._aside.refuse(entry.model, error=error)
            raise outbox.Undeliverable from error

    def _is_piling_up(self, entry: RowEntry) -> bool:
        """Return whether enough sweeps wait for a worker already; more of ours would find nothing to do."""
        if entry.options.get("queue") != wakeups.SWEEPS:
            return False
        is_ours = entry.name in self.app.conf.beat_schedule
        # Whoever sends rows of his own there leaves half of the room to our sweeps.
        room = wakeups.MAX_WAITING if is_ours else wakeups.MAX_WAITING // 2
        return wakeups.waiting(wakeups.SWEEPS) >= room

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


def _is_the_brokers(error: BaseException) -> bool:
    """Return whether the broker is away, or refuses everybody, rather than this row."""
    if "WRONGTYPE" in str(error):  # Redis keeps something else under the name of the row's queue
        return False
    return isinstance(error, OSError | kombu_errors.OperationalError | kombu_errors.LimitExceeded)
