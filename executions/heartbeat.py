"""Renew the lease of the step that this process runs, and notice why it should end.

A thread of its own, with a database connection of its own that opens only when
a step runs long enough to need a renewal.
"""

import mmap
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import DatabaseError, connection

from executions import queries
from executions.interrupts import Cause, Guard
from executions.queries import Claim, Renewal

log = structlog.get_logger(__name__)

RENEWALS_PER_LEASE = 3
LOOK_SECONDS = 0.25  # how soon a stop is noticed while a step runs

# One byte shared with the pool's parent, which alone hears SIGTERM. Mapped
# before the pool forks.
_stopping = mmap.mmap(-1, 1)


def stop_all() -> None:
    """Tell every process of this worker to claim nothing more."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Return whether this worker is shutting down."""
    return _stopping[0] == 1


@dataclass(slots=True)
class _Held:
    claim: Claim
    guard: Guard
    lease: timedelta
    renewed: float  # monotonic seconds


class Heartbeat:
    """Watches one claim at a time. Made once per pool process, after the fork."""

    def __init__(self, *, grace: timedelta) -> None:
        self._grace = grace.total_seconds()
        self._held: _Held | None = None
        self._changed = threading.Condition()
        self._stop_seen: float | None = None
        threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    def watch(self, claim: Claim, guard: Guard, *, lease: timedelta) -> None:
        """Keep `claim` alive until `release`, interrupting `guard` when it has to end."""
        with self._changed:
            self._held = _Held(claim, guard, lease, time.monotonic())
            self._changed.notify()

    def release(self) -> None:
        """Watch nothing."""
        with self._changed:
            self._held = None

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._held is None:
                    self._changed.wait()
                self._changed.wait(min(LOOK_SECONDS, self._held.lease.total_seconds() / RENEWALS_PER_LEASE))
                held = self._held
            if held is not None:
                self._look_after(held)

    def _look_after(self, held: _Held) -> None:
        if self._grace_is_over():
            held.guard.interrupt(Cause.STOP)
        silent = time.monotonic() - held.renewed
        lease_seconds = held.lease.total_seconds()
        if silent >= lease_seconds:
            held.guard.interrupt(Cause.LOST)
        elif silent >= lease_seconds / RENEWALS_PER_LEASE:
            self._renew(held)

    def _grace_is_over(self) -> bool:
        if not is_stopping():
            return False
        self._stop_seen = self._stop_seen or time.monotonic()
        return time.monotonic() - self._stop_seen >= self._grace

    def _renew(self, held: _Held) -> None:
        before = time.monotonic()
        try:
            renewal = queries.renew(held.claim, lease=held.lease)
        except DatabaseError as error:
            log.warning("heartbeat failed", step_run_id=str(held.claim.id), error=str(error))
            connection.close()
            return
        if renewal is Renewal.LOST:
            held.guard.interrupt(Cause.LOST)
            return
        held.renewed = before
        if renewal is Renewal.CANCELLING:
            held.guard.interrupt(Cause.CANCEL)
