"""What a new pool process does first: record how its predecessor, which is dead, left its step.

Otherwise the step would be rescued when its lease ends, and a timeout would count as a crash.
"""

import os
import threading
import time
from typing import Any

import structlog
from billiard.process import current_process
from celery.signals import worker_process_init
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

import clock
from executions import engine, queries, wakeups
from executions.errors import LostLease
from executions.queries import Claim
from executions.rules.outcomes import Cancelled, Lost, Outcome, Released
from executions.running import failures
from executions.running.hard_limits import table
from executions.running.hard_limits.table import Slot
from executions.running.interrupts import Cause
from workflows.services import definition_of

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 0.5


@worker_process_init.connect
def _follow(**_: Any) -> None:
    """Take the slot of the process that this one replaces; Celery gives it the same number."""
    index = getattr(current_process(), "index", None)
    if index is None or index >= table.SLOTS:  # no pool of processes
        return
    left = table.take(index, os.getpid())
    if left.ends:
        # In the background: Celery kills a new process that does not report soon.
        threading.Thread(target=record, args=[left], name="successor", daemon=True).start()


def record(left: Slot) -> None:
    """Record the outcome of the attempt that a dead process left, for as long as its lease may last.

    Safe to repeat, and to come late: an attempt that has ended, or was rescued, is left alone.
    """
    until = time.monotonic() + float(settings.ENVIRONMENT.lease_seconds)
    try:
        while time.monotonic() < until:
            try:
                return _record(left)
            except (OperationalError, InterfaceError) as error:
                log.warning(
                    "record waits for the database", step_run_id=str(left.step_run_id), error=str(error)
                )
                connection.close()
                time.sleep(AGAIN_SECONDS)
    except Exception:
        log.exception("record failed", step_run_id=str(left.step_run_id))
    finally:
        connection.close()


def _record(left: Slot) -> None:
    held = queries.held(left.step_run_id)
    if held is None or held.attempt != left.attempt:
        return
    outcome = _outcome(left, held)
    if outcome is None:
        return
    try:
        engine.finish(held, outcome, now=clock.now())
    except LostLease:
        return
    log.warning("step of a dead process ended", step_run_id=str(held.id), attempt=held.attempt, pid=left.pid)
    wakeups.wake(held.queue)  # the wake-up that the dead process had taken is lost


def _outcome(left: Slot, held: Claim) -> Outcome | None:
    match left.killed_for:
        case None:
            return Lost()
        case Cause.LOST:
            return None
        case Cause.CANCEL:
            return Cancelled()
        case Cause.STOP:
            return Released()
        case Cause.TIMEOUT:
            return failures.timed_out(definition_of(held.version_id).step(held.step), was_killed=True)
