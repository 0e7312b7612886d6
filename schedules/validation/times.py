"""Whether the times of a schedule lie ahead, and far enough apart."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise

from django.conf import settings

from schedules import recurrence, timetable
from schedules.calendars import InvalidCalendar, OnExcluded, check_shift
from schedules.calendars.opening import Opening, opening
from schedules.errors import InvalidSchedule
from schedules.models import Schedule
from schedules.recurrence import Dates as DateList
from schedules.recurrence import Gap, InvalidRule, OneTime, Rule, zone_named
from schedules.spread import SpreadKind
from workflows.errors import Problem

LOOKED_AT = 50  # first fires, in which the shortest period is looked for
DAY = timedelta(days=1)
SHORTEST_DAY = timedelta(hours=21)  # a day in which the clock goes forward; zones have moved by three hours
SHORT_WINDOW, LONG_WINDOW = timedelta(hours=1), timedelta(hours=24)  # catch-up, by the period
KEYS: dict[type, str] = {OneTime: "at", DateList: "dates"}  # of the rules that name their times one by one


def check_fires(schedule: Schedule, *, now: datetime) -> None:
    """Check that the times of a schedule with sound settings lie ahead and far enough apart.

    Raises:
        InvalidSchedule: naming `rules` or one of them, `end_at`, `calendars` or `on_excluded`.
    """
    if passed := list(_passed(schedule, now=now)):
        raise InvalidSchedule(passed)
    ahead = _ahead(schedule, after=now)
    if not ahead:
        raise InvalidSchedule([_why_none(schedule, now=now)])
    if schedule.end_at is not None and ahead[0] > schedule.end_at:
        message = f"the first fire would be at {ahead[0].isoformat()}, after the end"
        raise InvalidSchedule([Problem(path="end_at", message=message)])
    _check_period(schedule, ahead)
    if schedule.on_excluded != OnExcluded.DROP:
        _check_shift(schedule, now=now)


def usual_window(schedule: Schedule) -> timedelta:
    """Return the catch-up window of a schedule that names none: a day if it fires no more often than daily."""
    first = _ahead(schedule, after=schedule.created_at)
    period = min((later - earlier for earlier, later in pairwise(first)), default=DAY)
    return LONG_WINDOW if period >= SHORTEST_DAY else SHORT_WINDOW


def silenced(schedule: Schedule, *, now: datetime) -> bool:
    """Return whether calendars leave a schedule that drops excluded times none for ten years."""
    found = _opening(schedule, after=now) if _is_narrowed(schedule) else None
    return found is not None and found.at is None and bool(found.reason)


def _ahead(schedule: Schedule, *, after: datetime) -> list[datetime]:
    """Return the first times, whenever the schedule ends."""
    if _is_narrowed(schedule):
        first = _opening(schedule, after=after).at
        if first is None:
            return []
        after = first - timedelta.resolution
    return list(islice(timetable.times(_without_end(schedule), after=after), LOOKED_AT))


def _is_narrowed(schedule: Schedule) -> bool:
    return bool(schedule.calendars) and schedule.on_excluded == OnExcluded.DROP


def _opening(schedule: Schedule, *, after: datetime) -> Opening:
    """Search a time that no calendar excludes; `timetable` gives up sooner, to go on when its time has come."""
    ruled = _without_end(schedule)
    ruled.calendars, ruled.skip_times, ruled.spread = [], [], SpreadKind.NONE
    return opening(
        lambda since: timetable.times(ruled, after=since),
        after=after,
        calendars=list(timetable.calendars_of([schedule]).values()),
        zone=zone_named(schedule.timezone),
    )


def _without_end(schedule: Schedule) -> Schedule:
    unbounded = Schedule(
        **{field.attname: getattr(schedule, field.attname) for field in Schedule._meta.fields}
    )
    unbounded.end_at = None
    unbounded.ended_at = schedule.ended_at or schedule.effective_from  # a run that goes on will end
    return unbounded


def _passed(schedule: Schedule, *, now: datetime) -> Iterator[Problem]:
    """Yield a problem for each rule whose times have all passed, unless it is stored as such already."""
    stored: Schedule | None = None
    for number, rule in enumerate(timetable.rules_of(schedule)):
        key = KEYS.get(type(rule))
        if key is None or _fires_after(rule, schedule, now=now):
            continue
        stored = stored or Schedule.objects.filter(pk=schedule.pk).first() or schedule
        if stored is schedule or not _was_over(schedule.rules[number], stored, now=now):
            yield Problem(path=f"rules[{number}].{key}", message=_why_over(rule, schedule, now=now))


def _fires_after(rule: Rule, schedule: Schedule, *, now: datetime, gap: str = "") -> datetime | None:
    how = {"gap": gap or schedule.dst_gap, "overlap": schedule.dst_overlap}
    return next(recurrence.fires(rule, zone=schedule.timezone, after=now, **how), None)


def _was_over(written: object, stored: Schedule, *, now: datetime) -> bool:
    try:
        rules = timetable.rules_of(stored)
    except InvalidRule:  # which the edit mends
        return False
    same = (rule for rule, data in zip(rules, stored.rules, strict=True) if data == written)
    return any(_fires_after(rule, stored, now=now) is None for rule in same)


def _why_over(rule: Rule, schedule: Schedule, *, now: datetime) -> str:
    in_gap = _fires_after(rule, schedule, now=now, gap=Gap.AT_GAP_END)
    if in_gap is None:
        return "has passed; write a time in the future, or take the rule out"
    zone = zone_named(schedule.timezone)
    end = in_gap.astimezone(zone)
    before = (in_gap - timedelta.resolution).astimezone(zone)
    start = before.replace(tzinfo=None) + timedelta.resolution
    return (
        f"falls into the gap from {start.isoformat(' ', 'minutes')} to {end:%H:%M} in {schedule.timezone},"
        " which dst_gap 'skip' leaves out; write another time, or dst_gap 'at_gap_end' or 'shift'"
    )


def _why_none(schedule: Schedule, *, now: datetime) -> Problem:
    found = _opening(schedule, after=now) if schedule.calendars else Opening(None)
    if not found.reason:
        return Problem(path="rules", message="no rule fires after now; a time must lie in the future")
    until = f" until {found.until.isoformat(timespec='seconds')}" if found.until else ""
    message = f"they exclude every time of the rules{until}: {found.reason}"
    return Problem(path="calendars", message=f"{message}; leave some of them open")


def _check_period(schedule: Schedule, ahead: list[datetime]) -> None:
    shortest = timedelta(seconds=settings.ENVIRONMENT.shortest_period_seconds)
    earlier, later = min(pairwise(ahead), key=lambda pair: pair[1] - pair[0], default=(None, None))
    if earlier is None or later is None or later - earlier >= shortest:
        return
    allowed = f"this installation allows {shortest.total_seconds():g} s or longer"
    period = f"{(later - earlier).total_seconds():g} s"
    one, other = (_naming(schedule, at) for at in (earlier, later))
    if not one or not other or set(one) & set(other):
        raise InvalidSchedule([Problem(path="rules", message=f"fires every {period}; {allowed}")])
    message = (
        f"rules[{one[0]}] at {earlier.isoformat()} and rules[{other[0]}] at {later.isoformat()}"
        f" are {period} apart; {allowed}: let them meet, or move one of them"
    )
    raise InvalidSchedule([Problem(path="rules", message=message)])


def _naming(schedule: Schedule, at: datetime) -> list[int]:
    """Return the numbers of the rules that name a time."""
    just_before = at - timedelta.resolution
    rules = timetable.rules_of(_without_end(schedule))
    return [
        number for number, rule in enumerate(rules) if _fires_after(rule, schedule, now=just_before) == at
    ]


def _check_shift(schedule: Schedule, *, now: datetime) -> None:
    try:
        check_shift(fire.fire_at for fire in timetable.fires(schedule, after=now))
    except InvalidCalendar as error:
        raise InvalidSchedule([Problem(path=error.field, message=error.problem)]) from None
