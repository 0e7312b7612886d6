"""Small repairs that are safe to run twice, late, or at the same time."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from executions import admission, closing, engine, queries, wakeups
from executions.errors import LostLease
from executions.outcomes import Lost

log = structlog.get_logger(__name__)

OVERDUE = timedelta(seconds=1)  # a ready step waits this long before its queue is woken again
RESCUE_BATCH = 100
WAITING_BATCH = 1_000


def wake_overdue() -> list[str]:
    """Wake every queue whose ready steps have waited too long, and return those queues.

    The queues of the worker that runs this are always woken, so that an idle one shows signs of life.
    """
    queues = queries.overdue_queues(OVERDUE)
    for queue in {*queues, *settings.ENVIRONMENT.worker_queues}:
        wakeups.wake(queue, count=wakeups.MAX_WAITING if queue in queues else 1)
    return queues


def admit_waiting(*, now: datetime) -> int:
    """Drop what has waited too long and admit what a lost close left waiting; return the groups looked at."""
    groups = queries.stuck_groups(WAITING_BATCH)
    for group in groups:
        try:
            admission.release([group], now=now)
        except Exception:
            log.exception("release failed", group_key=str(group))
    return len(groups)


def expire_unstarted(*, now: datetime) -> int:
    """End executions that no worker began before their start deadline, so that they hold up nobody."""
    expired = 0
    for execution_id in queries.overdue_starts(RESCUE_BATCH):
        with transaction.atomic():
            ended = closing.expire(execution_id, now=now)
        if ended is None:
            continue
        expired += 1
        if ended.group_key is not None and ended.has_waiting:
            admission.let_others_in(ended.group_key, now=now)
    return expired


def rescue_expired(*, now: datetime) -> int:
    """Take back step runs whose lease has ended, and return how many were.

    A lease that is renewed, or rescued by another sweep, meanwhile is left alone.
    """
    rescued = 0
    for held in queries.expired(RESCUE_BATCH):
        try:
            engine.finish(held, Lost(), now=now, expired_only=True)
        except LostLease:
            continue
        except Exception:
            log.exception("rescue failed", step_run_id=str(held.id))
            continue
        log.warning("step rescued", step_run_id=str(held.id), attempt=held.attempt, worker=held.worker)
        rescued += 1
    return rescued
