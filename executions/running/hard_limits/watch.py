"""A thread of the worker's parent process: kill a pool process that is past its time.

It is also the heartbeat of one whose own is silent, since code in C may hold Python's lock for longer than a
lease lasts: until its timeout such a step is slow, not lost.
"""

import os
import signal
import threading
import time
from datetime import timedelta
from typing import Any

import structlog
from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, connection

from executions import queries
from executions.queries import Renewal
from executions.running.hard_limits import table
from executions.running.hard_limits.table import Slot
from executions.running.interrupts import Cause

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
GRACE_SECONDS = 2.0  # code that was interrupted at its timeout has this long to clean up
RENEWALS_PER_LEASE = 3

_thread: threading.Thread | None = None


@worker_ready.connect
def start(**_: Any) -> None:
    """Watch over the pool of this process; Celery calls it again after each reconnection to the broker."""
    global _thread  # noqa: PLW0603 - one per parent process
    can_tell_children = hasattr(os, "waitid")  # not on macOS before Python 3.13
    if can_tell_children and (_thread is None or not _thread.is_alive()):
        watch = Watch(lease=timedelta(seconds=settings.ENVIRONMENT.lease_seconds))
        _thread = threading.Thread(target=watch.run, name="hard-limits", daemon=True)
        _thread.start()


class Watch:
    """Looks at the table now and then."""

    def __init__(self, *, lease: timedelta) -> None:
        self._lease = lease
        self._renewed: dict[int, float] = {}  # monotonic seconds, by slot

    def run(self) -> None:
        """Look for ever."""
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self.look(now=time.monotonic())
            except Exception:
                log.exception("look at the pool failed")

    def look(self, *, now: float) -> None:
        """Kill what is past its time, and renew the lease of what is silent, at monotonic time `now`."""
        for index, slot in table.running().items():
            if slot.killed_for is not None:
                continue
            if now >= slot.ends + GRACE_SECONDS:
                _kill(index, slot, slot.cause)
            elif self._is_silent(index, slot, now=now):
                self._renew(index, slot, now=now)

    def _is_silent(self, index: int, slot: Slot, *, now: float) -> bool:
        seen = max(slot.seen, self._renewed.get(index, 0.0))
        return now - seen >= self._lease.total_seconds() / RENEWALS_PER_LEASE

    def _renew(self, index: int, slot: Slot, *, now: float) -> None:
        if not _is_child(slot.pid):
            return
        try:
            renewal = _renewal(slot, lease=self._lease)
        except DatabaseError as error:
            log.warning("heartbeat failed", step_run_id=str(slot.step_run_id), error=str(error))
            return
        finally:
            connection.close()
        self._renewed[index] = now
        if renewal is Renewal.LOST:
            _kill(index, slot, Cause.LOST)
        elif renewal is Renewal.CANCELLING and slot.heeds_cancel:
            _kill(index, slot, Cause.CANCEL)


def _renewal(slot: Slot, *, lease: timedelta) -> Renewal:
    held = queries.held(slot.step_run_id)
    if held is None or held.attempt != slot.attempt:
        return Renewal.LOST
    return queries.renew(held, lease=lease)


def _kill(index: int, slot: Slot, cause: Cause) -> None:
    """Kill the process of a slot, unless it has gone on meanwhile.

    Should it go on in the moment between the look and the kill, then the step that it has begun is lost with
    it and tried again: its attempt fences.
    """
    if not _is_child(slot.pid) or not table.read(index).is_same_run(slot):
        return
    table.mark_killed(index, cause)
    os.kill(slot.pid, signal.SIGKILL)
    log.warning(
        "pool process killed: the code of its step could not be interrupted",
        step_run_id=str(slot.step_run_id),
        attempt=slot.attempt,
        cause=cause.value,
        pid=slot.pid,
    )


def _is_child(pid: int) -> bool:
    """Return whether `pid` is still a child of this process, and not somebody else's new process."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
