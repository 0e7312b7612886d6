"""The Celery tasks of executions. Each may run twice, late, or at the same time."""

from typing import Any

from celery import Task, shared_task
from celery.signals import task_prerun, worker_process_shutdown
from django.db import close_old_connections

import clock
from events import announcements
from executions import circuits, dead_letters, sweeps
from executions.calls.tasks import cancel, start, status
from executions.queues import aging, minutes
from executions.running import worker
from executions.waiting import children, event_waits

# Celery looks for tasks in this module of the app, and in no other.
__all__ = [
    "cancel",
    "start",
    "status",
    "sweep_admit",
    "sweep_follow",
    "sweep_prune",
    "sweep_rescue",
    "sweep_wake",
    "work",
]


@task_prerun.connect
def _heal_connections(**_: Any) -> None:
    """Drop a broken database connection before a task needs it, and keep a good one."""
    close_old_connections()


@worker_process_shutdown.connect
def _send_last_hints(**_: Any) -> None:
    """Publish what was announced: a pool process ends without Python's own clean-up."""
    announcements.flush()


@shared_task(name="executions.work", bind=True)
def work(self: "Task[Any, Any]", queue: str) -> None:
    """Drain `queue` for about a second. A wake-up: it carries nothing, so a lost one costs only latency."""
    worker.drain(queue, node=self.request.hostname or "worker")


@shared_task(name="executions.sweep.wake")
def sweep_wake() -> None:
    """Release what has waited, wake queues with steps that wait too long. Wake-ups are empty: doubling is harmless."""
    sweeps.release_due()
    sweeps.wake_overdue()


@shared_task(name="executions.sweep.admit")
def sweep_admit() -> None:
    """End what was not begun, or is not done, in time; admit or drop what waits for a place, under its lock."""
    now = clock.now()
    sweeps.expire_unstarted(now=now)
    sweeps.time_out(now=now)
    sweeps.admit_waiting(now=now)


@shared_task(name="executions.sweep.follow")
def sweep_follow() -> None:
    """Pass on what a dead process left: ends of children, cancels of parents, events, circuits, age. All guarded."""
    now = clock.now()
    children.tell_parents_left(now=now)
    children.cancel_children_left(now=now)
    event_waits.wake_left_behind(now=now)
    circuits.release_waiting(now=now)
    aging.age()


@shared_task(name="executions.sweep.prune")
def sweep_prune() -> None:
    """Forget old statistics and circuits, and discard dead letters beyond their limits, in bounded batches."""
    now = clock.now()
    minutes.prune()
    circuits.prune(now=now)
    dead_letters.discard_old(now=now)


@shared_task(name="executions.sweep.rescue")
def sweep_rescue() -> None:
    """Rescue expired leases. Each rescue is guarded by attempt and lease."""
    sweeps.rescue_expired(now=clock.now())
