"""The coming times of a schedule, each with its local time and what is special about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from schedules import timetable
from schedules.evaluation import starts_left
from schedules.misfire import Fire
from schedules.models import Schedule
from schedules.preview import daylight
from schedules.preview.stops import Stop, stop_of
from schedules.preview.walk import MOST_LEFT_OUT, Walk, walk
from schedules.reasons import Reason
from schedules.recurrence import zone_named
from schedules.recurrence.description.phrases import local

LEAST_SHOWN = 10  # of the times that are left out, however few fires are asked for


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A coming time.

    Attributes:
        local: ISO 8601, on the clock of the schedule's zone.
        offset: of that clock, such as `+02:00`.
        is_dst: daylight saving is on.
        fires: it is to start; otherwise the notes say why not.
    """

    fire_at: datetime
    due_at: datetime
    local: str
    offset: str
    is_dst: bool
    fires: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Coming times; `note` says what stops the schedule, what is not listed, and why there are no more."""

    times: tuple[Upcoming, ...]
    note: str


def ahead(schedule: Schedule, *, after: datetime, count: int) -> Ahead:
    """Return the next `count` times at which the schedule fires after `after`, and those that it leaves out.

    Of what calendars, requests or a pause leave out, `count` times are listed at most,
    or ten. A schedule that is stopped without an end has the times that it would
    have, and none of them fires.

    Raises:
        InvalidRule, InvalidCalendar: what is stored can no longer be read.
    """
    stop = stop_of(schedule, zone=zone_named(schedule.timezone))
    if stop and stop.until and stop.until > after:
        return _after_pause(schedule, stop, until=stop.until, after=after, count=count)
    found = _walk(timetable.fires(schedule, after=after), schedule, count=count)
    note = _note(schedule, found, count=count)
    if stop is None or stop.until:
        return Ahead(_annotated(schedule, found.listed), note)
    return Ahead(_annotated(schedule, found.listed, stopped=stop.note), _joined(stop.whole, note))


def upcoming(schedule: Schedule, *, after: datetime, count: int) -> list[Upcoming]:
    """Return what `ahead` lists of a schedule as if it were active."""
    found = _walk(timetable.fires(schedule, after=after), schedule, count=count)
    return list(_annotated(schedule, found.listed))


def _walk(fires: Iterator[Fire], schedule: Schedule, *, count: int) -> Walk:
    left = starts_left(schedule)
    return walk(fires, starts=count if left is None else min(count, left), shown=max(count, LEAST_SHOWN))


def _after_pause(schedule: Schedule, stop: Stop, *, until: datetime, after: datetime, count: int) -> Ahead:
    during = takewhile(lambda fire: fire.fire_at <= until, timetable.fires(schedule, after=after))
    paused = list(islice((fire for fire in during if fire.due_at <= until), count + 1))
    # By the spread a time of the pause may be due after it; then it starts.
    since = max(after, until - schedule.spread_window)
    coming = (fire for fire in timetable.fires(schedule, after=since) if fire.due_at > until)
    found = _walk(coming, schedule, count=count)
    more = "further times of the pause are not listed" if len(paused) > count else ""
    times = (
        *_annotated(schedule, paused[:count], stopped=stop.note),
        *_annotated(schedule, found.listed),
    )
    return Ahead(times, _joined(stop.whole, more, _note(schedule, found, count=count)))


def _annotated(schedule: Schedule, fires: list[Fire], *, stopped: str = "") -> tuple[Upcoming, ...]:
    zone = zone_named(schedule.timezone)
    walls = daylight.wall_clock(timetable.rules_of(schedule), zone)

    def clock_note(fire: Fire) -> str:
        return daylight.note(fire.fire_at, zone=zone, walls=walls, gap=schedule.dst_gap)

    return tuple(_upcoming(fire, zone=zone, clock_note=clock_note(fire), stopped=stopped) for fire in fires)


def _upcoming(fire: Fire, *, zone: ZoneInfo, clock_note: str, stopped: str) -> Upcoming:
    local_time = fire.fire_at.astimezone(zone)
    notes = [clock_note, _left_out(fire) or (f"does not fire: {stopped}" if stopped else _spread(fire, zone))]
    text = local_time.isoformat()
    return Upcoming(
        fire_at=fire.fire_at,
        due_at=fire.due_at,
        local=text,
        offset=text[-6:],
        is_dst=bool(local_time.dst()),
        fires=fire.barred is None and not stopped,
        notes=tuple(note for note in notes if note),
    )


def _left_out(fire: Fire) -> str:
    if fire.barred is None:
        return ""
    return (
        f"does not fire: {fire.detail}" if fire.barred is not Reason.CALENDAR else f"excluded: {fire.detail}"
    )


def _spread(fire: Fire, zone: ZoneInfo) -> str:
    if fire.due_at - fire.fire_at < timedelta(milliseconds=1):
        return ""
    return f"due at {fire.due_at.astimezone(zone):%H:%M:%S} by its spread"


def _note(schedule: Schedule, found: Walk, *, count: int) -> str:
    unlisted = f"{found.unlisted} more times that are left out are not listed" if found.unlisted else ""
    return _joined("" if found.starts >= count else _why_no_more(schedule, found, count=count), unlisted)


def _why_no_more(schedule: Schedule, found: Walk, *, count: int) -> str:
    if found.is_cut and found.last:
        until = local(found.last.fire_at, zone_named(schedule.timezone))
        return (
            f"the search ended at {until}, after {MOST_LEFT_OUT} times that are left out: {found.last.detail}"
        )
    if (left := starts_left(schedule)) is not None and left < count:
        return f"no more times: the schedule ends after {schedule.max_executions} starts"
    if timetable.follows_its_runs(schedule):
        return "further times count from the end of each run"
    if schedule.end_at is not None:
        return f"no more times: the schedule ends at {schedule.end_at.isoformat()}"
    return "no more times"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
