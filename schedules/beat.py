"""Beat: django-celery-beat's scheduler, with our schedules beside its rows.

Any number of beats run at the same time, all of them active: our schedules are
claimed row by row in the database.
"""

import gc
import socket
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from executions import queries as execution_queries
from executions import sweeps, wakeups
from executions.models import Pulse
from schedules import endings, fire, queries, services
from schedules.backfill import drip
from schedules.periodic import PeriodicTaskScheduler

log = structlog.get_logger(__name__)

LONGEST_WAIT = 1.0  # seconds; bounds what a lost notification or a moved clock can cost
SHORTEST_WAIT = 0.01  # seconds; while another beat holds the rows that are due
LOOK_SECONDS = 0.5  # between looks at what else is due, while passes are full
PULSE_SECONDS = 2.0
DJANGOS_OWN = {"cursor_factory", "context", "prepare_threshold"}  # parameters that are not the server's
RETRY_SECONDS = 1.0  # between passes while the database is away


class Scheduler(PeriodicTaskScheduler):
    """The scheduler of `celery beat`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._looked = 0.0  # monotonic seconds, of the last look at what else is due
        self._rows_due = 0.0  # monotonic seconds, of the PeriodicTask rows
        self._pulsed = -PULSE_SECONDS
        self._listener: psycopg.Connection[Any] | None = None
        super().__init__(*args, **kwargs)
        # What is loaded by now stays: the collector need not walk it in every pass.
        gc.collect()
        gc.freeze()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Fire what is due, then wait for the next due time or a notification.

        The wait is in here, because the loop around it can only sleep. Never
        raises for a database that is away: it comes back.
        """
        try:
            if time.monotonic() >= self._rows_due:
                delay = min(super().tick(*args, **kwargs) or 0, LONGEST_WAIT)
                self._rows_due = time.monotonic() + delay
            ours = self._pass()
            self._wait(min(ours, self._rows_due - time.monotonic()))
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            log.warning("beat waits for the database", error=str(error))
            self._disconnect()
            time.sleep(RETRY_SECONDS)
        return 0

    def _pass(self) -> float:
        """Fire due schedules, release delayed steps, and return the seconds until more is due."""
        began = time.monotonic()
        done = fire.fire_due()
        self._pulse()
        # A flood of fires must not keep delayed steps, ended runs and pauses waiting.
        if done.is_full and began - self._looked < LOOK_SECONDS:
            return 0
        self._looked = began
        outlook = queries.outlook()
        self._look_after(outlook, now=done.now)
        if done.is_full:
            return 0
        if outlook.next_at is None:
            return LONGEST_WAIT
        seconds = (outlook.next_at - done.now).total_seconds() - (time.monotonic() - began)
        # What is still due after a pass that took nothing is held by another beat.
        return seconds if seconds > 0 or done.taken else SHORTEST_WAIT

    def _look_after(self, outlook: queries.Outlook, *, now: datetime) -> None:
        """Do what else is due. A duty that fails is tried again in the next pass."""
        duties: tuple[tuple[datetime | None, Callable[[], int]], ...] = (
            (outlook.step_at, sweeps.release_due),
            (outlook.run_ended_at, endings.follow_ends),
            (outlook.pause_ends_at, partial(services.resume_due, now=now)),
            (outlook.backfill_at, partial(drip.drip_due, now=now)),
        )
        for at, duty in duties:
            if at is None or at > now:
                continue
            try:
                duty()
            except (OperationalError, InterfaceError):
                raise  # the database is away
            except Exception:
                log.exception("a duty of beat failed")

    def _pulse(self) -> None:
        if time.monotonic() - self._pulsed >= PULSE_SECONDS:
            execution_queries.pulse(f"beat@{socket.gethostname()}", role=Pulse.Role.BEAT)
            self._pulsed = time.monotonic()

    def _wait(self, seconds: float) -> None:
        seconds = min(max(seconds, 0), LONGEST_WAIT)
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


def _listen() -> psycopg.Connection[Any]:
    """Open a connection of its own that hears notifications."""
    parameters = connection.get_connection_params()
    wanted = {key: value for key, value in parameters.items() if key not in DJANGOS_OWN}
    wanted |= {"autocommit": True, "application_name": "horarium-beat-listen"}
    listener: psycopg.Connection[Any] = psycopg.connect(**wanted)
    listener.execute(f"LISTEN {wakeups.CHANNEL}")
    return listener
