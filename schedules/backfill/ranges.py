"""The nominal times of a range, from either end."""

from collections import deque
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from itertools import islice

from schedules import timetable
from schedules.backfill.errors import TooManyTimes
from schedules.models import Backfill, Schedule
from schedules.spread import SpreadKind
from schedules.states import ScheduleState

MAX_TIMES = 10_000  # of one backfill
MAX_LOOKED_AT = 50_000  # with those that a calendar excludes; bounds the search to about a second
TICK = timedelta.resolution

Times = Callable[[datetime, datetime], Iterator[datetime]]


def times_of(schedule: Schedule) -> Times:
    """Return what yields the schedule's nominal times in [first, last], oldest first, without excluded ones.

    Rules that count from the end of a run have no times in the past.

    Raises:
        InvalidRule, InvalidCalendar: a stored rule or calendar can no longer be read.
        TooManyTimes: raised while iterating, when calendars exclude too many.
    """
    ruled = copy(schedule)
    ruled.ended_at, ruled.spread = None, SpreadKind.NONE.value
    calendars = timetable.calendars_of([schedule])

    def between(first: datetime, last: datetime) -> Iterator[datetime]:
        fires = timetable.fires(ruled, after=first - TICK, calendars=calendars)
        for fire in islice(fires, MAX_LOOKED_AT):
            if fire.fire_at > last:
                return
            if not fire.barred:
                yield fire.fire_at
            reached = fire.fire_at
        if next(fires, None) is not None:
            raise TooManyTimes(reached)

    return between


def all_of(schedule: Schedule, *, from_at: datetime, to_at: datetime) -> list[datetime]:
    """Return all times of a range, oldest first.

    Raises:
        InvalidRule, InvalidCalendar: a stored rule or calendar can no longer be read.
        TooManyTimes: more than one backfill may have.
    """
    times = list(islice(times_of(schedule)(from_at, to_at), MAX_TIMES + 1))
    if len(times) > MAX_TIMES:
        raise TooManyTimes(times[-2])
    return times


def ahead(backfill: Backfill, *, most: int) -> list[datetime]:
    """Return the next times that the backfill has not looked at, in its order."""
    times = times_of(backfill.schedule)
    first, last, cursor = backfill.from_at, backfill.to_at, backfill.cursor_at
    if backfill.order == Backfill.Order.OLDEST_FIRST:
        return list(islice(times(cursor + TICK if cursor else first, last), most))
    last = cursor - TICK if cursor else last
    share = most / max(backfill.total, 1)
    width = max(timedelta(seconds=1), (backfill.to_at - first) * share)
    return newest(times, first=first, last=last, most=most, width=width)


def newest(times: Times, *, first: datetime, last: datetime, most: int, width: timedelta) -> list[datetime]:
    """Return the last `most` times in [first, last], newest first.

    Rules can only be read forwards, so it reads them in windows, each further
    back and twice as wide as the one before.

    Args:
        width: of the first window; a guess at what holds `most` times.
    """
    found: list[datetime] = []
    while len(found) < most and last >= first:
        start = max(first, last - width) if last - first > width else first
        found += reversed(deque(times(start, last), maxlen=most - len(found)))
        last, width = start - TICK, width * 2
    return found


def undecided(schedule: Schedule, *, from_at: datetime, to_at: datetime) -> datetime | None:
    """Return the first time in [from_at, to_at] that an active schedule has still to decide on itself, if any."""
    if schedule.state != ScheduleState.ACTIVE:
        return None
    after = max(schedule.cursor_at, from_at - TICK)
    for fire in islice(timetable.fires(schedule, after=after), MAX_LOOKED_AT):
        if fire.fire_at > to_at:
            return None
        if not fire.barred and fire.due_at >= schedule.effective_from:
            return fire.fire_at
    return None
