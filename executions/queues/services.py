"""What people and programs may do to queues: one function, one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from events.services import NewEvent, append
from executions import wakeups
from executions.errors import IllegalMove, InvalidQueue
from executions.models import Execution, QueueSetting
from executions.queues import moves, special
from executions.services.starting import QUEUE, QUEUE_HELP
from executions.states import EXECUTION_FINAL
from organizations.models import Organization
from workflows.errors import Problem

SETTINGS = ("max_running", "max_waiting", "aging_seconds")
MAX_MOVED = 10_000  # step runs that one call moves
MOVE_BATCH = 500  # rows that one transaction moves: their executions stay locked until it ends


@transaction.atomic
def pause(organization: Organization, name: str, *, by: str, now: datetime, reason: str = "") -> QueueSetting:
    """Let nothing of the organization be claimed from a queue; what runs goes on.

    Of a paused queue it changes who did it and why, so that it is safe to repeat.

    Raises:
        InvalidQueue: no queue can have this name.
    """
    setting = _locked(organization, name)
    setting.paused_at = setting.paused_at or now
    setting.paused_by, setting.pause_reason = by[:150], reason[:500]
    setting.save(update_fields=["paused_at", "paused_by", "pause_reason"])
    transaction.on_commit(special.forget)
    append([_event(setting, "queue.paused", now=now, by=by, reason=reason[:500])])
    return setting


@transaction.atomic
def resume(organization: Organization, name: str, *, by: str, now: datetime) -> QueueSetting:
    """Let a queue be claimed from again; of one that is not paused nothing changes.

    Raises:
        InvalidQueue: no queue can have this name.
    """
    setting = _locked(organization, name)
    if setting.paused_at is None:
        return setting
    setting.paused_at, setting.paused_by, setting.pause_reason = None, "", ""
    setting.save(update_fields=["paused_at", "paused_by", "pause_reason"])
    transaction.on_commit(special.forget)
    append([_event(setting, "queue.resumed", now=now, by=by)])
    wakeups.wake_on_commit(name, count=wakeups.MAX_WAITING)
    return setting


@transaction.atomic
def change(
    organization: Organization, name: str, *, by: str, now: datetime, settings: Mapping[str, int | None]
) -> QueueSetting:
    """Change limits and aging of a queue; None takes one away.

    Args:
        settings: of `SETTINGS` those that change.

    Raises:
        InvalidQueue: no queue can have this name, or a setting is out of bounds.
    """
    if problems := [_too_small(name) for name in settings if settings[name] == 0]:
        raise InvalidQueue(problems)
    setting = _locked(organization, name)
    for field, value in settings.items():
        setattr(setting, field, value)
    setting.save(update_fields=list(settings))
    transaction.on_commit(special.forget)
    append([_event(setting, "queue.changed", now=now, by=by, **settings)])
    wakeups.wake_on_commit(name, count=wakeups.MAX_WAITING)
    return setting


@transaction.atomic
def move(
    execution: Execution, *, by: str, now: datetime, queue: str | None = None, priority: int | None = None
) -> Execution:
    """Give an execution, and those of its steps that wait, another queue or priority.

    Running steps keep theirs. Steps that begin later get the execution's, unless
    their definition names one.

    Raises:
        IllegalMove: the execution has ended.
        InvalidQueue: neither is given, or one is out of bounds.
    """
    _check_move(queue, priority)
    locked = Execution.objects.select_for_update(no_key=True).get(pk=execution.pk)
    if locked.state in EXECUTION_FINAL:
        raise IllegalMove("the execution", state=locked.state, to="moved")
    locked.queue = locked.queue if queue is None else queue
    locked.priority = locked.priority if priority is None else priority
    locked.save(update_fields=["queue", "priority"])
    ready = moves.move_steps(locked.pk, queue=queue, priority=priority)
    append([_moved(locked, by=by, now=now, queue=queue, priority=priority)])
    for name, count in ready.items():
        wakeups.wake_on_commit(name, count=count)
    return locked


def move_all(
    organization: Organization,
    name: str,
    *,
    to: str,
    by: str,
    now: datetime,
    workflow_id: Any = None,
    limit: int = MAX_MOVED,
) -> int:
    """Move what waits in a queue to another one, with the executions that it belongs to.

    In transactions of `MOVE_BATCH` rows: what is moved stays moved if a later one
    fails. Safe to repeat.

    Args:
        workflow_id: only of this workflow.
        limit: step runs at most, `MAX_MOVED` or fewer.

    Returns:
        How many step runs were moved; fewer than `limit` where none is left.

    Raises:
        InvalidQueue: `to` is no name of another queue.
    """
    if to == name or not QUEUE.fullmatch(to):
        raise InvalidQueue([Problem(path="to", message=f"name another queue; {QUEUE_HELP}")])
    wanted = moves.Wanted(organization.pk, name, to, workflow_id)
    moved = 0
    while moved < limit:
        with transaction.atomic():
            batch = moves.move_batch(wanted, limit=min(MOVE_BATCH, limit - moved))
            wakeups.wake_on_commit(to, count=min(batch.moved, wakeups.MAX_WAITING))
        moved += batch.moved
        if not batch.found:
            break
    if moved:
        facts = {"queue": name, "to": to, "steps": moved, "by": by}
        append([NewEvent(organization.pk, "queue.moved", now, data=facts)])
    return moved


def _locked(organization: Organization, name: str) -> QueueSetting:
    if not QUEUE.fullmatch(name):
        raise InvalidQueue([Problem(path="name", message=QUEUE_HELP)])
    QueueSetting.objects.bulk_create(
        [QueueSetting(organization=organization, name=name)], ignore_conflicts=True
    )
    return QueueSetting.objects.select_for_update().get(organization=organization, name=name)


def _too_small(name: str) -> Problem:
    instead = "pause the queue" if name == "max_running" else "leave it out or write null"
    return Problem(path=name, message=f"write a number of at least 1; for none {instead}")


def _check_move(queue: str | None, priority: int | None) -> None:
    problems = []
    if queue is None and priority is None:
        problems.append(Problem(path="queue", message="write a queue, a priority or both"))
    if queue is not None and not QUEUE.fullmatch(queue):
        problems.append(Problem(path="queue", message=QUEUE_HELP))
    if priority is not None and not 0 <= priority <= 9:
        problems.append(Problem(path="priority", message="write a number from 0 to 9; 9 runs first"))
    if problems:
        raise InvalidQueue(problems)


def _event(setting: QueueSetting, type_: str, *, now: datetime, **facts: Any) -> NewEvent:
    return NewEvent(setting.organization_id, type_, now, data={"queue": setting.name, **facts})


def _moved(execution: Execution, *, now: datetime, **facts: Any) -> NewEvent:
    return NewEvent(
        organization_id=execution.organization_id,
        type="workflow.moved",
        at=now,
        workflow_id=execution.workflow_id,
        schedule_id=execution.schedule_id,
        execution_id=execution.pk,
        data={name: value for name, value in facts.items() if value is not None},
    )
