"""Drain a queue: claim, run, finish, again, until nothing is ready.

Runs in the main thread of a pool process. A worker that dies anywhere here
leaves a lease that ends; one that is late finds its finish refused.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, connection

from executions import engine, queries, wakeups, workers
from executions.errors import LostLease
from executions.models import Pulse
from executions.queries import Claim, Renewal, Slot
from executions.queues import sampling
from executions.queues.claims import Turns
from executions.rules.outcomes import Failed, Outcome
from executions.running import attempts, late_writes, stopping
from executions.running.heartbeat import RENEWALS_PER_LEASE, Heartbeat
from executions.running.interrupts import Guard

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
    turns: dict[str, Turns] = field(default_factory=dict)  # by queue


_process: _Process | None = None


def _this_process(node: str) -> _Process:
    global _process  # noqa: PLW0603 - one per process, made after the fork
    if _process is None:
        grace = timedelta(seconds=settings.ENVIRONMENT.shutdown_grace_seconds)
        guard = Guard()
        _process = _Process(guard, Heartbeat(guard, node=node, grace=grace))
    return _process


def drain(queue: str, *, node: str) -> int:
    """Run ready steps of `queue` until there are none, the slice is over or the worker may claim no more.

    Safe to run any number of times, at the same time: each step run is claimed
    by one statement.

    Args:
        node: name of the worker, for `/readyz` and the history.

    Returns:
        How many steps were run.
    """
    if not workers.may_claim():
        workers.step_aside(queue)
        return 0
    process = _this_process(node)
    if queue not in process.turns:
        lease = timedelta(seconds=settings.ENVIRONMENT.lease_seconds)
        process.turns[queue] = Turns(Slot(queue, worker=f"{node}:{os.getpid()}", lease=lease))
    with stopping.busy():
        return _drain(process.turns[queue], process, node=node)


def go_on(woken: Mapping[str, int], *, node: str) -> None:
    """Run what this process has just made ready, as far as it serves the queue, and wake others for the rest.

    One step is so begun without a message to the broker and back.

    Args:
        woken: wake-ups by queue, which were kept.
    """
    served = settings.ENVIRONMENT.worker_queues
    mine = next((queue for queue in woken if queue in served), None)
    wakeups.send({queue: count - (queue == mine) for queue, count in woken.items()})
    if mine is not None:
        drain(mine, node=node)


def _drain(turns: Turns, process: _Process, *, node: str) -> int:
    until = time.monotonic() + SLICE.total_seconds()
    ran = 0
    while _may_claim():
        _pulse(process, node)
        sampling.flush_now_and_then()
        held = turns.claim()
        if held is None:
            return ran
        while held is not None:
            held = turns.note(_run_and_finish(held, process, turns=turns, until=until))
            ran += 1
        if time.monotonic() >= until:
            break
    wakeups.wake(turns.slot.queue)
    return ran


def _may_claim() -> bool:
    return not stopping.is_stopping() and workers.may_claim()


def _pulse(process: _Process, node: str) -> None:
    if time.monotonic() - process.pulsed >= PULSE_SECONDS:
        queries.pulse(node, role=Pulse.Role.WORKER)
        process.pulsed = time.monotonic()


def _run_and_finish(held: Claim, process: _Process, *, turns: Turns, until: float) -> Claim | None:
    began = time.monotonic()
    lease = turns.slot.lease
    outcome = attempts.run(held, guard=process.guard, heartbeat=process.heartbeat, lease=lease)
    if outcome is None:
        log.warning("lease lost", step_run_id=str(held.id), attempt=held.attempt)
        return None
    ended = time.monotonic()
    sampling.count(held, outcome, ran=ended - began)
    now = held.started_at + timedelta(seconds=ended - began)
    goes_on = ended < until and _may_claim()
    following = _finish(held, outcome, now=now, slot=turns.to_go_on() if goes_on else None, lease=lease)
    return _still_held(following, lease=lease, since=ended)


def _still_held(following: Claim | None, *, lease: timedelta, since: float) -> Claim | None:
    """Return a claim that came with a finish, its lease renewed where what followed the commit took long."""
    if following is None or time.monotonic() - since < lease.total_seconds() / RENEWALS_PER_LEASE:
        return following
    return None if queries.renew(following, lease=lease) is Renewal.LOST else following


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
        except LostLease:
            log.warning("finish refused", step_run_id=str(held.id), attempt=held.attempt)
            late_writes.tell(held, now=now)
            return None
        except DataError as error:
            outcome = Failed(
                error=f"the outcome cannot be kept: {error}", error_class="InvalidOutput", is_final=True
            )
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() >= until:
                raise
            log.warning("finish waits for the database", step_run_id=str(held.id), error=str(error))
            connection.close()
            time.sleep(RECONNECT_SECONDS)
