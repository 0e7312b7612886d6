"""What one schedule owes at an instant, and when it is due next. Reads nothing but the schedule it is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schedules import misfire, timetable
from schedules.misfire import Fire
from schedules.models import Schedule
from schedules.states import OnComplete, ScheduleState
from schedules.timetable import Calendars

BACKLOG_PAUSE = timedelta(milliseconds=250)  # between the parts of one schedule's backlog
LONGEST_BARREN = 100_000  # times looked at in a search that may all be barred

COMPLETED_AS: dict[str, ScheduleState] = {
    OnComplete.KEEP: ScheduleState.COMPLETED,
    OnComplete.DISABLE: ScheduleState.DISABLED,
    OnComplete.ARCHIVE: ScheduleState.ARCHIVED,
}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one schedule owes at `now`."""

    schedule: Schedule
    plan: misfire.Plan


@dataclass(frozen=True, slots=True)
class Next:
    """When a schedule fires next.

    `due_at` is later than the fire's own while a backlog is released. Both are
    None when no time is left, or the end of a run is awaited.
    """

    fire_at: datetime | None
    due_at: datetime | None
    state: ScheduleState


def evaluate(schedule: Schedule, *, now: datetime, calendars: Calendars) -> Evaluated:
    """Return what the schedule owes up to `now`.

    Raises:
        InvalidRule, InvalidCalendar: what is stored can no longer be read.
    """
    fires = timetable.fires(schedule, after=schedule.cursor_at, calendars=calendars)
    plan = misfire.plan(
        fires,
        now=now,
        catch_up=catch_up_of(schedule),
        effective_from=schedule.effective_from,
        left=starts_left(schedule),
    )
    return Evaluated(schedule, plan)


def catch_up_of(schedule: Schedule) -> misfire.CatchUp:
    """Return the schedule's policy for late times."""
    return misfire.CatchUp(
        misfire.CatchUpMode(schedule.catchup),
        schedule.catchup_window,
        most=schedule.catchup_max,
        deadline=schedule.start_deadline,
    )


def starts_left(schedule: Schedule) -> int | None:
    """Return how many starts the rules may still make; None for any number."""
    return None if schedule.max_executions is None else max(0, schedule.max_executions - schedule.fires)


def following(schedule: Schedule, *, after: datetime, calendars: Calendars | None = None) -> Next:
    """Return when the schedule, as it is now, fires next after the nominal time `after`.

    Args:
        schedule: with its starts counted and the end of its last run up to date.
    """
    if starts_left(schedule) == 0:
        return Next(None, None, COMPLETED_AS[schedule.on_complete])
    fire, barred = _first(schedule, after=after, calendars=calendars)
    if fire is not None:
        return Next(fire.fire_at, fire.due_at, ScheduleState.ACTIVE)
    if barred is not None:
        # It starts nothing, but what stopped it is recorded when its time has come.
        return Next(None, barred.due_at, ScheduleState.ACTIVE)
    awaits = timetable.follows_its_runs(schedule) and schedule.ended_at is None
    return Next(None, None, ScheduleState.ACTIVE if awaits else COMPLETED_AS[schedule.on_complete])


def _first(
    schedule: Schedule, *, after: datetime, calendars: Calendars | None
) -> tuple[Fire | None, Fire | None]:
    """Return the first time that may start; or else the last barred one, where they come to an end."""
    barred: Fire | None = None
    fires = timetable.fires(schedule, after=after, calendars=calendars)
    for looked_at, fire in enumerate(fires):
        if looked_at >= LONGEST_BARREN:
            return None, None
        if fire.due_at < schedule.effective_from:
            continue
        if not fire.barred:
            return fire, None
        barred = fire
    return None, barred


def _known(schedule: Schedule, ahead: Fire | None) -> Next | None:
    """Return the next fire where evaluation has met it already, which spares a second search."""
    if (
        ahead is None
        or ahead.barred
        or ahead.due_at < schedule.effective_from
        or starts_left(schedule) == 0
        or timetable.follows_its_runs(schedule)
    ):
        return None
    return Next(ahead.fire_at, ahead.due_at, ScheduleState.ACTIVE)


def _copied(schedule: Schedule) -> Schedule:
    """Return a copy that shares everything; `copy.copy` would go the way of pickle, at ten times the cost."""
    copied = Schedule.__new__(Schedule)
    copied.__dict__.update(schedule.__dict__)
    return copied


def after_pass(
    item: Evaluated, *, started: int, now: datetime, calendars: Calendars
) -> tuple[Schedule, Next]:
    """Return where the schedule stands once a pass has started `started` executions, and when it fires next."""
    schedule, plan = _copied(item.schedule), item.plan
    schedule.fires += started
    schedule.cursor_at = plan.cursor or schedule.cursor_at
    if plan.reached and timetable.follows_its_runs(schedule):
        schedule.ended_at = None if started else now
    schedule.skip_times = [at for at in schedule.skip_times if at > schedule.cursor_at]
    ahead = _known(schedule, plan.ahead) or following(schedule, after=schedule.cursor_at, calendars=calendars)
    if plan.start and ahead.due_at is not None and ahead.due_at <= now:
        # Live fires come before the rest of a backlog.
        return schedule, Next(ahead.fire_at, now + BACKLOG_PAUSE, ahead.state)
    return schedule, ahead
