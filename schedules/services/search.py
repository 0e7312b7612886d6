"""Lock a schedule, and search its next time: what every change of one begins and ends with."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from schedules import skips, timetable, zone_data
from schedules.errors import IllegalScheduleMove, StaleSchedule
from schedules.evaluation import following
from schedules.models import WHERE_IT_STANDS, Schedule
from schedules.reasons import Reason
from schedules.states import MOVES, ScheduleState

STOPPED_BY = {
    ScheduleState.PAUSED: Reason.PAUSED,
    ScheduleState.DISABLED: Reason.DISABLED,
    ScheduleState.ERROR: Reason.ERROR,
}


def lock(schedule: Schedule, *, based_on: int | None = None) -> Schedule:
    """Return the schedule as it is now, locked until the transaction ends.

    Raises:
        StaleSchedule: its version is not `based_on`.
    """
    locked = Schedule.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=schedule.pk)
    if based_on is not None and locked.version != based_on:
        raise StaleSchedule(based_on=based_on, version=locked.version)
    return locked


def lock_many(ids: Iterable[UUID]) -> list[Schedule]:
    """Return those of the schedules that nobody else holds, locked until the transaction ends."""
    rows = Schedule.objects.filter(pk__in=list(ids)).select_related("workflow").order_by("pk")
    return list(rows.select_for_update(of=("self",), skip_locked=True))


def settle_accounts(schedule: Schedule, *, reason: Reason, detail: str, now: datetime) -> None:
    """Record what is owed up to `now`, by the settings that have held, and look at none of it again.

    A schedule that was stopped keeps what stopped it as the reason. Call it before
    anything of the schedule changes.
    """
    stopped = STOPPED_BY.get(ScheduleState(schedule.state))
    if stopped is not None:
        reason, detail = stopped, schedule.error or f"by {schedule.paused_by}: {schedule.pause_reason}"
    schedule.cursor_at = skips.record_owed(schedule, reason=reason, detail=detail, now=now)


def take_effect(schedule: Schedule, *, now: datetime) -> None:
    """Let the settings decide on what is due from `now` on, and on nothing before."""
    schedule.effective_from = now
    # A nominal time that has passed may, by the spread, be due only after this.
    schedule.cursor_at = max(schedule.cursor_at, now - schedule.spread_window)
    if timetable.follows_its_runs(schedule) and schedule.ended_at is not None:
        schedule.ended_at = max(now, schedule.start_at or now)


def search(schedule: Schedule) -> None:
    """Find the next time and make the schedule active, or completed if there is none."""
    ahead = following(schedule, after=schedule.cursor_at)
    schedule.next_fire_at, schedule.next_due_at = ahead.fire_at, ahead.due_at
    schedule.state = ahead.state
    schedule.zone_data = zone_data.edition()
    schedule.pause_reason = schedule.paused_by = schedule.error = ""
    schedule.paused_until = None


def move(schedule: Schedule, to: ScheduleState) -> None:
    """Change the state of a locked schedule to one in which it does not fire.

    Raises:
        IllegalScheduleMove: the life cycle has no such move.
    """
    if to not in MOVES[ScheduleState(schedule.state)]:
        raise IllegalScheduleMove(state=schedule.state, to=to)
    schedule.state = to
    schedule.next_fire_at = schedule.next_due_at = None


def save_standing(schedule: Schedule) -> None:
    """Write where a locked schedule stands; that is no new version of its settings."""
    schedule.skip_history_when_saving = True
    schedule.save(update_fields=WHERE_IT_STANDS)
    del schedule.skip_history_when_saving
