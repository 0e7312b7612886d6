"""Pause, resume, disable, enable, archive and purge: whether a schedule fires."""

from copy import copy
from datetime import datetime

import structlog
from django.db import transaction

from events.services import append
from executions import wakeups
from executions.admitting import admission
from schedules.errors import IllegalScheduleMove, InvalidSchedule
from schedules.models import Schedule
from schedules.reasons import Reason
from schedules.services.search import (
    STOPPED_BY,
    lock,
    move,
    save_standing,
    search,
    settle_accounts,
    take_effect,
)
from schedules.states import ScheduleState
from schedules.told import schedule_event
from workflows.errors import Problem

log = structlog.get_logger(__name__)

RESUME_BATCH = 200


@transaction.atomic
def pause(
    schedule: Schedule,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    until: datetime | None = None,
    based_on: int | None = None,
) -> Schedule:
    """Stop firing; nothing accrues meanwhile. Manual runs and backfills still work.

    A schedule that is paused already takes the new end, and the new reason if one
    is given; with neither nothing changes, so that a pause is safe to repeat.

    Args:
        until: when it resumes by itself.

    Raises:
        InvalidSchedule: `until` has passed.
        IllegalScheduleMove: it is neither active, paused nor in error.
        StaleSchedule: its version is not `based_on`.
    """
    if until is not None and until <= now:
        raise InvalidSchedule([Problem(path="until", message="must lie in the future")])
    locked = lock(schedule, based_on=based_on)
    if locked.state != ScheduleState.PAUSED:
        _stop(locked, ScheduleState.PAUSED, reason=reason, by=by, now=now)
    elif reason or until:
        locked.pause_reason, locked.paused_by = reason[:500] or locked.pause_reason, by
    else:
        return locked
    locked.paused_until = until
    save_standing(locked)
    facts = {"by": by, "reason": locked.pause_reason, "until": until.isoformat() if until else None}
    append([schedule_event(locked, "schedule.paused", now=now, **facts)])
    return locked


@transaction.atomic
def disable(
    schedule: Schedule, *, by: str, now: datetime, reason: str = "", based_on: int | None = None
) -> Schedule:
    """Switch a schedule off until somebody enables it; what waits for a place never starts.

    Raises:
        IllegalScheduleMove: it is disabled or archived already.
        StaleSchedule: its version is not `based_on`.
    """
    locked = lock(schedule, based_on=based_on)
    _stop(locked, ScheduleState.DISABLED, reason=reason, by=by, now=now)
    save_standing(locked)
    admission.abandon(locked.pk, why="the schedule was disabled", reason=Reason.DISABLED, now=now)
    append([schedule_event(locked, "schedule.disabled", now=now, by=by, reason=reason)])
    return locked


def _stop(schedule: Schedule, to: ScheduleState, *, reason: str, by: str, now: datetime) -> None:
    as_was = copy(schedule)
    move(schedule, to)
    if as_was.state != ScheduleState.COMPLETED:
        settle_accounts(as_was, reason=STOPPED_BY[to], detail=f"by {by}: {reason}", now=now)
        schedule.cursor_at = as_was.cursor_at
    schedule.pause_reason, schedule.paused_by, schedule.paused_until = reason[:500], by, None


@transaction.atomic
def resume(
    schedule: Schedule, *, by: str, now: datetime, catch_up: bool = False, based_on: int | None = None
) -> Schedule:
    """Fire again, from now on; also for a schedule that is disabled or in state error.

    Args:
        catch_up: start what came due meanwhile as if beat had been down, by the
            schedule's catch-up policy, instead of recording it as not started.

    Raises:
        IllegalScheduleMove: it is neither paused, disabled nor in error.
        StaleSchedule: its version is not `based_on`.
    """
    locked = lock(schedule, based_on=based_on)
    if locked.state not in STOPPED_BY:
        raise IllegalScheduleMove(state=locked.state, to="active")
    if catch_up:
        locked.effective_from = locked.cursor_at
    else:
        settle_accounts(locked, reason=Reason.PAUSED, detail="", now=now)
        take_effect(locked, now=now)
    locked.consecutive_failures = 0
    search(locked)
    save_standing(locked)
    append([schedule_event(locked, "schedule.resumed", now=now, by=by, catch_up=catch_up)])
    wakeups.tell_beat()
    return locked


def resume_due(*, now: datetime) -> int:
    """Resume the schedules whose pause is over, and return how many it were. Another process may do the same."""
    resumed = 0
    for schedule in Schedule.objects.to_resume(now)[:RESUME_BATCH]:
        try:
            resumed += _resume_if_over(schedule, now=now)
        except (ValueError, TypeError) as error:
            log.warning("pause goes on", schedule_id=str(schedule.pk), error=str(error))
            _stay_paused(schedule, why=f"could not be resumed: {error}")
    return resumed


@transaction.atomic
def _resume_if_over(schedule: Schedule, *, now: datetime) -> bool:
    # Another beat, or a person, may have been faster.
    if Schedule.objects.to_resume(now).select_for_update().filter(pk=schedule.pk).first() is None:
        return False
    resume(schedule, by="the end of its pause", now=now)
    return True


def _stay_paused(schedule: Schedule, *, why: str) -> None:
    """Leave a schedule that cannot be evaluated paused, until a person looks at it."""
    paused = Schedule.objects.filter(pk=schedule.pk, state=ScheduleState.PAUSED)
    paused.update(paused_until=None, pause_reason=why[:500])


@transaction.atomic
def archive(schedule: Schedule, *, by: str, now: datetime, based_on: int | None = None) -> Schedule:
    """Stop for good and keep the history; its name becomes free, and what waits never starts.

    Raises:
        IllegalScheduleMove: it is archived already.
        StaleSchedule: its version is not `based_on`.
    """
    locked = lock(schedule, based_on=based_on)
    if locked.state != ScheduleState.COMPLETED:
        settle_accounts(locked, reason=Reason.ARCHIVED, detail=f"by {by}", now=now)
    move(locked, ScheduleState.ARCHIVED)
    save_standing(locked)
    admission.abandon(locked.pk, why="the schedule was archived", reason=Reason.ARCHIVED, now=now)
    append([schedule_event(locked, "schedule.archived", now=now, by=by)])
    return locked


@transaction.atomic
def purge(schedule: Schedule, *, by: str, now: datetime, based_on: int | None = None) -> None:
    """Delete an archived schedule with its versions, skipped times and backfills; its executions stay.

    Raises:
        IllegalScheduleMove: it is not archived; archive it first.
        StaleSchedule: its version is not `based_on`.
    """
    locked = lock(schedule, based_on=based_on)
    if locked.state != ScheduleState.ARCHIVED:
        raise IllegalScheduleMove(state=locked.state, to="purged")
    append([schedule_event(locked, "schedule.purged", now=now, by=by, name=locked.name)])
    locked.delete()
