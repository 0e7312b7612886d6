"""Single runs on request: run now, leave one out, and the times ahead."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from django.db import transaction

from events.services import append
from executions import wakeups
from executions.models import Source
from executions.services import Start, Started, start
from schedules import timetable
from schedules.errors import IllegalScheduleMove, InvalidSchedule, StaleSchedule
from schedules.evaluation import following
from schedules.fire import place_of
from schedules.models import Schedule
from schedules.services.search import lock, save_standing
from schedules.states import ScheduleState
from schedules.told import schedule_event
from schedules.validation import overlap_named
from workflows.errors import Problem

MAX_SKIPS = 100  # times of one schedule that are left out on request


def trigger(
    schedule: Schedule,
    *,
    by: str,
    now: datetime,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - the product's word
    priority: int | None = None,
    overlap: str = "",
    idempotency_key: str | None = None,
    based_on: int | None = None,
) -> Started:
    """Start the schedule's workflow once, now, whatever the schedule's state but archived.

    Args:
        input: in place of the schedule's own, where given.
        overlap: policy in place of the schedule's own.
        based_on: the version that the caller has seen; the settings of `schedule`, as it was read, are started.

    Raises:
        InvalidInput: the input does not fit the workflow.
        InvalidSchedule: there is no such policy.
        Overlapping: another run is active, and the policy refuses this one.
        IllegalScheduleMove: it is archived.
        StaleSchedule: its version is not `based_on`.
    """
    if based_on is not None and schedule.version != based_on:
        raise StaleSchedule(based_on=based_on, version=schedule.version)
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
        admission=place_of(schedule, due_at=now, policy=overlap_named(overlap) if overlap else ""),
        idempotency_key=idempotency_key,
        by=by,
    )
    return start(cause, now=now)


@transaction.atomic
def skip(
    schedule: Schedule, *, by: str, now: datetime, at: datetime | None = None, based_on: int | None = None
) -> datetime:
    """Leave out one future time, the next one where `at` is not given, and return it. Safe to repeat with `at`.

    Raises:
        InvalidSchedule: the rules have no such time, it has passed, or too many are left out.
        IllegalScheduleMove: it is not active.
        StaleSchedule: its version is not `based_on`.
    """
    locked = lock(schedule, based_on=based_on)
    if locked.state != ScheduleState.ACTIVE:
        raise IllegalScheduleMove(state=locked.state, to="skipped once")
    left_out = at or locked.next_fire_at
    if (
        left_out is None
        or left_out <= locked.cursor_at
        or left_out not in {*_at(locked, left_out), *locked.skip_times}
    ):
        raise InvalidSchedule([Problem(path="at", message="is no future fire time; take one of next-runs")])
    if len({*locked.skip_times, left_out}) > MAX_SKIPS:
        raise InvalidSchedule(
            [Problem(path="at", message=f"{MAX_SKIPS} times are left out already; pause it")]
        )
    _leave_out(locked, sorted({*locked.skip_times, left_out}))
    append([schedule_event(locked, "schedule.skip_requested", now=now, by=by, fire_at=left_out.isoformat())])
    return left_out


@transaction.atomic
def unskip(schedule: Schedule, *, by: str, now: datetime, at: datetime, based_on: int | None = None) -> None:
    """Put back a time that was left out and has not passed.

    Raises:
        InvalidSchedule: the time is not left out, or not any more.
        StaleSchedule: its version is not `based_on`.
    """
    locked = lock(schedule, based_on=based_on)
    if at not in locked.skip_times:
        raise InvalidSchedule([Problem(path="at", message="is not left out; take one of `skip_times`")])
    _leave_out(locked, [time for time in locked.skip_times if time != at])
    append([schedule_event(locked, "schedule.skip_withdrawn", now=now, by=by, fire_at=at.isoformat())])


def _at(schedule: Schedule, at: datetime) -> list[datetime]:
    return list(islice(timetable.times(schedule, after=at - (at.resolution)), 1))


def _leave_out(schedule: Schedule, times: list[datetime]) -> None:
    schedule.skip_times = times
    if schedule.state == ScheduleState.ACTIVE:
        ahead = following(schedule, after=schedule.cursor_at)
        schedule.next_fire_at, schedule.next_due_at, schedule.state = ahead.fire_at, ahead.due_at, ahead.state
    save_standing(schedule)
    wakeups.tell_beat()


def next_fires(schedule: Schedule, *, after: datetime, count: int) -> list[datetime]:
    """Return the next `count` nominal times at which it fires after `after`, as it stands, whatever the state."""
    return list(islice(timetable.times(schedule, after=after), count))
