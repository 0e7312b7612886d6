"""Small repairs that are safe to run twice, late, or at the same time."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from executions import closing, engine, queries, wakeups
from executions.admitting import admission
from executions.admitting.limits import letting_in
from executions.errors import IllegalMove, LostLease
from executions.models import Ending, Execution
from executions.queries import Closed
from executions.rules.outcomes import Lost
from executions.states import ExecutionState
from executions.waiting import children

log = structlog.get_logger(__name__)

OVERDUE = timedelta(seconds=1)  # a ready step waits this long before its queue is woken again
RESCUE_BATCH = 100
WAITING_BATCH = 1_000
DUE_BATCH = 1_000


def wake_overdue() -> list[str]:
    """Wake every queue whose ready steps have waited too long, and return those queues.

    The queues of the worker that runs this are always woken, so that an idle one shows signs of life.
    """
    queues = queries.overdue_queues(OVERDUE)
    for queue in {*queues, *settings.ENVIRONMENT.worker_queues}:
        wakeups.wake(queue, count=wakeups.MAX_WAITING if queue in queues else 1)
    return queues


def admit_waiting(*, now: datetime) -> int:
    """Drop what has waited too long, admit what a lost close left waiting or time has let in; return how many groups.

    What was admitted into limits, or dropped there, counts as a group each.
    """
    groups = queries.stuck_groups(WAITING_BATCH)
    for group in groups:
        try:
            admission.release([group], now=now)
        except Exception:
            log.exception("release failed", group_key=str(group))
    return len(groups) + letting_in.look_everywhere(now=now)


def release_due() -> int:
    """Make ready what has waited until now; beat does the same, and sooner. Return how many were."""
    released = queries.release_due(DUE_BATCH)
    for queue, count in released.items():
        wakeups.wake(queue, count=count)
    return released.total()


def expire_unstarted(*, now: datetime) -> int:
    """End executions that no worker began before their start deadline, so that they hold up nobody."""
    return _end_each(queries.overdue_starts(RESCUE_BATCH), closing.expire, now=now)


def time_out(*, now: datetime) -> int:
    """Request the end of executions whose deadline has passed, as timed out."""
    return _end_each(queries.overdue_executions(RESCUE_BATCH), _time_out, now=now)


def _time_out(execution_id: UUID, *, now: datetime) -> Closed:
    try:
        return closing.request_cancel(execution_id, by="deadline", now=now, ends_as=Ending.TIMED_OUT)
    except IllegalMove:
        # It is being wound up, for however long: found again each time, many such would hide the others.
        Execution.objects.filter(pk=execution_id, state=ExecutionState.RUNNING).update(deadline_at=None)
        return closing.NOT_CLOSED


def _end_each(execution_ids: Iterable[UUID], end: Callable[..., Closed], *, now: datetime) -> int:
    ended = 0
    for execution_id in execution_ids:
        try:
            with transaction.atomic():
                closed = end(execution_id, now=now)
            children.cancel_children(execution_id, now=now)
            engine.after_close(closed, now=now)
        except IllegalMove:  # it has ended by itself meanwhile
            continue
        except Exception:
            log.exception("end failed", execution_id=str(execution_id))
            continue
        ended += closed.done
    return ended


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
