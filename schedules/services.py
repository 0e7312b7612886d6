"""Create, change, pause, resume, trigger and archive schedules."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction

from events.services import NewEvent, append
from executions import wakeups
from executions.models import Source
from executions.services import Start, Started, start
from organizations.models import Organization
from schedules import skips, timetable
from schedules.errors import DuplicateSchedule, IllegalScheduleMove, StaleSchedule
from schedules.models import Schedule, SkippedFire
from schedules.states import MOVES, ScheduleState
from schedules.validation import check_fires, checked

SETTINGS = (
    "workflow",
    "name",
    "description",
    "rules",
    "timezone",
    "start_at",
    "end_at",
    "dst_gap",
    "dst_overlap",
    "catchup",
    "catchup_window",
    "priority",
    "queue",
    "input",
)
_DECIDE_TIMES = {"rules", "timezone", "start_at", "end_at", "dst_gap", "dst_overlap"}


@transaction.atomic
def create(organization: Organization, *, now: datetime, by: str = "", **settings: Any) -> Schedule:
    """Create an active schedule that fires from now on.

    Args:
        settings: columns of `SETTINGS`; those left out have their defaults.

    Raises:
        InvalidSchedule: naming each field that is wrong; nothing is created.
        DuplicateSchedule: the organization has a schedule of this name.
    """
    schedule = Schedule(
        organization=organization, created_by=by, created_at=now, cursor_at=now, **_known(settings)
    )
    schedule.rules = checked(schedule)
    check_fires(schedule, now=now)
    _search(schedule, now=now)
    try:
        with transaction.atomic():
            schedule.save(force_insert=True)
    except IntegrityError:
        raise DuplicateSchedule(schedule.name) from None
    wakeups.tell_beat()
    return schedule


@transaction.atomic
def change(schedule: Schedule, *, now: datetime, based_on: int | None = None, **settings: Any) -> Schedule:
    """Change settings. Another rule, zone or bound never fires for the time before `now`.

    A schedule in state error becomes active again, and a completed one does
    when its rules give it times again. A paused one stays paused.

    Args:
        based_on: the version that the caller read; a newer one refuses the change.

    Raises:
        InvalidSchedule: naming each field that is wrong; nothing is changed.
        StaleSchedule: somebody else changed it since.
        DuplicateSchedule: the organization has a schedule of this name.
        IllegalScheduleMove: it is archived.
    """
    locked = _lock(schedule, based_on=based_on)
    if locked.state == ScheduleState.ARCHIVED:
        raise IllegalScheduleMove(state=locked.state, to="changed")
    as_read = copy(locked)
    for name, value in _known(settings).items():
        setattr(locked, name, value)
    locked.rules = checked(locked)
    moved = any(getattr(as_read, name) != getattr(locked, name) for name in _DECIDE_TIMES)
    if moved:
        check_fires(locked, now=now)
    if moved and locked.state == ScheduleState.ACTIVE:
        skips.record_owed(as_read, reason=SkippedFire.Reason.EDITED, detail="the rules changed", now=now)
    if locked.state == ScheduleState.ERROR or (moved and locked.state != ScheduleState.PAUSED):
        _search(locked, now=now)
    locked.version += 1
    try:
        with transaction.atomic():
            locked.save(update_fields=[*_STATE_COLUMNS, *SETTINGS, "version", "updated_at"])
    except IntegrityError:
        raise DuplicateSchedule(locked.name) from None
    wakeups.tell_beat()
    return locked


@transaction.atomic
def pause(schedule: Schedule, *, by: str, now: datetime, reason: str = "") -> Schedule:
    """Stop firing; nothing accrues meanwhile.

    Raises:
        IllegalScheduleMove: it is neither active nor in error.
    """
    locked = _lock(schedule)
    skips.record_owed(locked, reason=SkippedFire.Reason.PAUSED, detail=reason, now=now)
    _move(locked, ScheduleState.PAUSED)
    locked.pause_reason, locked.paused_by = reason, by
    locked.next_fire_at = locked.next_due_at = None
    locked.save(update_fields=_STATE_COLUMNS)
    append([_event(locked, "schedule.paused", now=now, by=by, reason=reason)])
    return locked


@transaction.atomic
def resume(schedule: Schedule, *, by: str, now: datetime) -> Schedule:
    """Fire again, from now on; also for a schedule in state error.

    Raises:
        IllegalScheduleMove: it is neither paused nor in error.
    """
    locked = _lock(schedule)
    if locked.state not in {ScheduleState.PAUSED, ScheduleState.ERROR}:
        raise IllegalScheduleMove(state=locked.state, to="active")
    _search(locked, now=now)
    locked.save(update_fields=_STATE_COLUMNS)
    append([_event(locked, "schedule.resumed", now=now, by=by)])
    wakeups.tell_beat()
    return locked


@transaction.atomic
def archive(schedule: Schedule, *, by: str, now: datetime) -> Schedule:
    """Stop for good and keep the history; its name becomes free.

    Raises:
        IllegalScheduleMove: it is archived already.
    """
    locked = _lock(schedule)
    skips.record_owed(locked, reason=SkippedFire.Reason.ARCHIVED, detail=f"by {by}", now=now)
    _move(locked, ScheduleState.ARCHIVED)
    locked.next_fire_at = locked.next_due_at = None
    locked.save(update_fields=_STATE_COLUMNS)
    append([_event(locked, "schedule.archived", now=now, by=by)])
    return locked


def trigger(
    schedule: Schedule,
    *,
    by: str,
    now: datetime,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - the product's word
    priority: int | None = None,
    idempotency_key: str | None = None,
) -> Started:
    """Start the schedule's workflow once, now, whatever the schedule's state but archived.

    Args:
        input: in place of the schedule's own, where given.

    Raises:
        InvalidInput: the input does not fit the workflow.
        IllegalScheduleMove: it is archived.
    """
    if schedule.state == ScheduleState.ARCHIVED:
        raise IllegalScheduleMove(state=schedule.state, to="triggered")
    cause = Start(
        workflow=schedule.workflow,
        source=Source.MANUAL,
        input=schedule.input if input is None else input,
        schedule_id=schedule.pk,
        fire_kind=f"manual:{uuid4()}",
        fire_at=now,
        priority=schedule.priority if priority is None else priority,
        queue=schedule.queue,
        idempotency_key=idempotency_key,
        by=by,
    )
    return start(cause, now=now)


def next_fires(schedule: Schedule, *, after: datetime, count: int) -> list[datetime]:
    """Return the next `count` nominal times after `after`, as the rules stand, whatever the state."""
    return list(islice(timetable.times(schedule, after=after), count))


_STATE_COLUMNS = [
    "state",
    "pause_reason",
    "paused_by",
    "error",
    "cursor_at",
    "next_fire_at",
    "next_due_at",
    "updated_at",
]


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    unknown = settings.keys() - set(SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a schedule: {', '.join(sorted(unknown))}")
    return dict(settings)


def _lock(schedule: Schedule, *, based_on: int | None = None) -> Schedule:
    locked = Schedule.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=schedule.pk)
    if based_on is not None and locked.version != based_on:
        raise StaleSchedule(based_on=based_on, version=locked.version)
    return locked


def _move(schedule: Schedule, to: ScheduleState) -> None:
    if to not in MOVES[ScheduleState(schedule.state)]:
        raise IllegalScheduleMove(state=schedule.state, to=to)
    schedule.state = to


def _search(schedule: Schedule, *, now: datetime) -> None:
    """Set the cursor to `now`, so that nothing fires for the past, and find the next time."""
    schedule.cursor_at = now
    schedule.next_fire_at = schedule.next_due_at = next(timetable.times(schedule, after=now), None)
    schedule.state = ScheduleState.ACTIVE if schedule.next_fire_at else ScheduleState.COMPLETED
    schedule.pause_reason = schedule.paused_by = schedule.error = ""


def _event(schedule: Schedule, type_: str, *, now: datetime, **data: Any) -> NewEvent:
    return NewEvent(
        organization_id=schedule.organization_id,
        type=type_,
        at=now,
        workflow_id=schedule.workflow_id,
        schedule_id=schedule.pk,
        data=data,
    )
