"""Renew the lease of the step that this process runs, and notice why it should end.

A thread of its own, with a database connection of its own that opens only when
a step runs long enough to need a renewal.
"""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import DatabaseError, connection

from executions import queries
from executions.models import Pulse
from executions.queries import Claim, Renewal
from executions.running.handles import Handle
from executions.running.hard_limits import table
from executions.running.interrupts import Cause, Guard
from executions.running.stopping import is_stopping

log = structlog.get_logger(__name__)

RENEWALS_PER_LEASE = 3
PULSE_SECONDS = 5.0  # of a process that is held by one long step
LOOK_SECONDS = 0.25  # how soon a stop is noticed while a step runs
UNWIND_SECONDS = 30.0  # code that was interrupted has this long to end; then its process is killed


@dataclass(slots=True)
class _Held:
    claim: Claim
    lease: timedelta
    handle: Handle | None
    heeds_cancel: bool
    renewed: float  # monotonic seconds
    interrupted: float | None = None  # monotonic seconds of the first time


class Heartbeat:
    """Watches one claim at a time. Made once per pool process, after the fork."""

    def __init__(self, guard: Guard, *, node: str, grace: timedelta) -> None:
        self._guard = guard
        self._node = node
        self._pulsed = time.monotonic()
        self._grace = grace.total_seconds()
        self._held: _Held | None = None
        self._asleep = threading.Event()
        self._wake = threading.Event()
        self._stop_seen: float | None = None
        threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    def watch(
        self, claim: Claim, *, lease: timedelta, handle: Handle | None = None, heeds_cancel: bool = True
    ) -> None:
        """Keep `claim` alive until `release`, interrupting its code when it has to end.

        Args:
            handle: what its code says is written from time to time.
            heeds_cancel: whether it ends when its execution is to end; what undoes or follows does not.
        """
        self._held = _Held(claim, lease, handle, heeds_cancel, time.monotonic())
        # A busy process claims thousands of short steps a second; the thread looks by itself meanwhile.
        if self._asleep.is_set():
            self._wake.set()

    def release(self) -> None:
        """Watch nothing."""
        self._held = None

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            held = self._held
            if held is None:
                self._sleep()
                continue
            pause.wait(min(LOOK_SECONDS, held.lease.total_seconds() / RENEWALS_PER_LEASE))
            if held is self._held:
                self._look_after(held)

    def _sleep(self) -> None:
        """Wait for work, so that an idle process costs nothing, not even a connection."""
        connection.close()
        self._wake.clear()
        self._asleep.set()
        if self._held is None:  # else it came before anybody saw that this thread sleeps
            self._wake.wait()
        self._asleep.clear()

    def _look_after(self, held: _Held) -> None:
        self._show_life()
        self._guard.enforce(held.claim)
        if held.handle is not None:
            held.handle.write_now_and_then()
        if self._grace_is_over():
            self._interrupt(held, Cause.STOP)
        silent = time.monotonic() - held.renewed
        lease_seconds = held.lease.total_seconds()
        if silent >= lease_seconds:
            self._interrupt(held, Cause.LOST)
        elif silent >= lease_seconds / RENEWALS_PER_LEASE:
            self._renew(held)

    def _interrupt(self, held: _Held, cause: Cause) -> None:
        """Interrupt the code, and have the process killed if it has not ended some time after the first time."""
        self._guard.interrupt(held.claim, cause)
        held.interrupted = held.interrupted or time.monotonic()
        claim = held.claim
        table.end_by(
            held.interrupted + UNWIND_SECONDS, step_run_id=claim.id, attempt=claim.attempt, cause=cause
        )

    def _show_life(self) -> None:
        """Pulse for a process whose step runs too long for it to ask for work."""
        table.show_life()
        if time.monotonic() - self._pulsed < PULSE_SECONDS:
            return
        self._pulsed = time.monotonic()
        try:
            queries.pulse(self._node, role=Pulse.Role.WORKER)
        except DatabaseError as error:
            log.warning("pulse failed", error=str(error))
            connection.close()

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
            self._interrupt(held, Cause.LOST)
            return
        held.renewed = before
        if renewal is Renewal.CANCELLING and held.heeds_cancel:
            self._interrupt(held, Cause.CANCEL)
