"""Drain a queue: claim, run, finish, again, until nothing is ready.

Runs in the main thread of a pool process. A worker that dies anywhere here
leaves a lease that ends; one that is late finds its finish refused.
"""

import os
import time
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, connection

from executions import engine, queries, wakeups
from executions.errors import LostLease
from executions.heartbeat import Heartbeat, is_stopping
from executions.interrupts import Cause, Guard, Interrupted
from executions.models import Pulse
from executions.outcomes import Cancelled, Failed, Outcome, Released, Skipped
from executions.outputs import storable
from executions.queries import Claim, Slot
from executions.steps import RUN, Call
from executions.variables import variables_of
from workflows.definition import Step
from workflows.errors import ExpressionError
from workflows.expressions import evaluate
from workflows.services import definition_of

log = structlog.get_logger(__name__)

SLICE = timedelta(seconds=1)  # then the slot goes back to Celery, with a wake-up left behind
PULSE_SECONDS = 2.0
RECONNECT_SECONDS = 0.5


@dataclass(slots=True)
class _Process:
    """What a pool process keeps between wake-ups."""

    guard: Guard
    heartbeat: Heartbeat
    pulsed: float = -PULSE_SECONDS


_process: _Process | None = None


def _this_process(node: str) -> _Process:
    global _process  # noqa: PLW0603 - one per process, made after the fork
    if _process is None:
        grace = timedelta(seconds=settings.ENVIRONMENT.shutdown_grace_seconds)
        guard = Guard()
        _process = _Process(guard, Heartbeat(guard, node=node, grace=grace))
    return _process


def drain(queue: str, *, node: str) -> int:
    """Run ready steps of `queue` until there are none, the slice is over or the worker stops.

    Safe to run any number of times, at the same time: each step run is claimed
    by one statement.

    Args:
        node: name of the worker, for `/readyz` and the history.

    Returns:
        How many steps were run.
    """
    process = _this_process(node)
    lease = timedelta(seconds=settings.ENVIRONMENT.lease_seconds)
    slot = Slot(queue, worker=f"{node}:{os.getpid()}", lease=lease)
    until = time.monotonic() + SLICE.total_seconds()
    ran = 0
    while not is_stopping():
        _pulse(process, node)
        held = queries.claim(slot)
        if held is None:
            return ran
        while held is not None:
            held = _run_and_finish(held, process, slot=slot, until=until)
            ran += 1
        if time.monotonic() >= until:
            wakeups.wake(queue)
            return ran
    return ran


def _pulse(process: _Process, node: str) -> None:
    if time.monotonic() - process.pulsed >= PULSE_SECONDS:
        queries.pulse(node, role=Pulse.Role.WORKER)
        process.pulsed = time.monotonic()


def _run_and_finish(held: Claim, process: _Process, *, slot: Slot, until: float) -> Claim | None:
    began = time.monotonic()
    outcome = _run(held, process, lease=slot.lease)
    if outcome is None:
        log.warning("lease lost", step_run_id=str(held.id), attempt=held.attempt)
        return None
    now = held.started_at + timedelta(seconds=time.monotonic() - began)
    goes_on = time.monotonic() < until and not is_stopping()
    return _finish(held, outcome, now=now, slot=slot if goes_on else None, lease=slot.lease)


def _run(held: Claim, process: _Process, *, lease: timedelta) -> Outcome | None:
    """Run the step's code and return how it ended, or None where the lease was lost meanwhile."""
    step = definition_of(held.version_id).step(held.step)
    try:
        variables = variables_of(step, held)
    except (OperationalError, InterfaceError) as error:
        log.warning(
            "step handed back: its variables cannot be read", step_run_id=str(held.id), error=str(error)
        )
        return Released()
    process.heartbeat.watch(held, lease=lease)
    try:
        with process.guard.armed(held, timeout=step.timeout):
            return _attempt(step, held, variables)
    except Interrupted as interrupted:
        return _interrupted(step, interrupted.cause)
    except ExpressionError as error:
        return Failed(error=str(error), error_class="ExpressionError")
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it raises is its outcome
        return _failed(error)
    finally:
        process.heartbeat.release()


def _attempt(step: Step, held: Claim, variables: dict[str, Any]) -> Outcome:
    call = Call(
        execution_id=held.execution_id,
        step=held.step,
        attempt=held.attempt,
        now=held.started_at,
        resume_at=held.resume_at,
        variables=variables,
    )
    if not _is_wanted(step, variables):
        return Skipped()
    return storable(RUN[step.kind](step, call))


def _is_wanted(step: Step, variables: dict[str, Any]) -> bool:
    if step.guard is None:
        return True
    wanted = evaluate(step.guard, variables)
    if not isinstance(wanted, bool):
        raise ExpressionError(step.guard.source, f"`if` must be true or false, not {type(wanted).__name__}")
    return wanted


def _interrupted(step: Step, cause: Cause) -> Outcome | None:
    match cause:
        case Cause.LOST:
            return None
        case Cause.CANCEL:
            return Cancelled()
        case Cause.STOP:
            return Released()
        case Cause.TIMEOUT:
            seconds = step.timeout.total_seconds()
            return Failed(
                error=f"took longer than its timeout of {seconds:g} s", error_class="Timeout", timed_out=True
            )


def _failed(error: BaseException) -> Failed:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failed(
        error=text.replace("\x00", "�"),
        error_class=f"{type(error).__module__}.{type(error).__qualname__}",
        traceback="".join(traceback.format_exception(error)).replace("\x00", "�"),
    )


def _finish(
    held: Claim, outcome: Outcome, *, now: datetime, slot: Slot | None, lease: timedelta
) -> Claim | None:
    """Record the outcome, over a lost database connection too, for as long as the lease may last.

    A repeat after a commit whose answer was lost is refused like a stale one,
    and has nothing left to do.
    """
    until = time.monotonic() + lease.total_seconds()
    while True:
        try:
            return engine.finish(held, outcome, now=now, slot=slot)
        except LostLease as lost:
            log.warning("finish refused", step_run_id=str(held.id), attempt=held.attempt)
            taken: Claim | None = lost.taken
            return taken
        except DataError as error:
            outcome = Failed(error=f"the outcome cannot be kept: {error}", error_class="InvalidOutput")
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() >= until:
                raise
            log.warning("finish waits for the database", step_run_id=str(held.id), error=str(error))
            connection.close()
            time.sleep(RECONNECT_SECONDS)
