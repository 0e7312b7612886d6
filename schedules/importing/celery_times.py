"""When Celery's beat fires, by Celery's own arithmetic on a clock that we turn."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import product, takewhile
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from celery.utils.time import remaining

from schedules.importing.entry import OldTimes
from schedules.recurrence.zones import DAY, in_utc, piece_at

Crontab: TypeAlias = Any  # Celery's `crontab`, whose published types lack its fields

RUN_UP = timedelta(days=2)  # beat has been running; no zone changes its clock twice in so short a time


def crontab_times(schedule: Crontab, *, zone: ZoneInfo) -> OldTimes:
    """Return the times at which beat fires `schedule`, read in `zone`.

    Celery is asked for each step that crosses a change of the clock. Between two
    changes a crontab's times are those its fields name, so they are listed.
    """

    def times(after: datetime, until: datetime) -> Iterator[datetime]:
        last = _noon_before(after, zone)
        while last <= until:
            last = _step(schedule, last, zone=zone)
            for at in (last, *_listed(schedule, last, until=until, zone=zone)):
                last = at
                if after < at <= until:
                    yield at

    return times


def _noon_before(after: datetime, zone: ZoneInfo) -> datetime:
    """Return a noon in `zone` before `after`: a time of day that no clock repeats or skips."""
    day = (after - RUN_UP).astimezone(zone).date()
    return datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC)


def _step(schedule: Crontab, last: datetime, *, zone: ZoneInfo) -> datetime:
    """Return when Celery fires next after a run at `last`."""
    fields = schedule.__reduce__()[1][:5]
    driven: Crontab = crontab(*fields, nowfun=lambda: last)
    driven.tz = zone
    following: datetime = last + driven.remaining_estimate(last.astimezone(zone))
    return following


def _listed(schedule: Crontab, last: datetime, *, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the times after `last` up to the next change of the clock, or to `until`."""
    piece = piece_at(zone, in_utc(last))
    start = in_utc(last) + piece.offset
    end = min(piece.end, in_utc(until) + timedelta.resolution) + piece.offset
    for wall in takewhile(lambda wall: wall < end, _walls(schedule, start)):
        if wall > start:
            yield (wall - piece.offset).replace(tzinfo=UTC)


def _walls(schedule: Crontab, start: datetime) -> Iterator[datetime]:
    times = [time(*at) for at in product(sorted(schedule.hour), sorted(schedule.minute))]
    day = start.date()
    while True:
        if (
            day.month in schedule.month_of_year
            and day.day in schedule.day_of_month
            and day.isoweekday() % 7 in schedule.day_of_week
        ):
            yield from (datetime.combine(day, at) for at in times)
        day += DAY


def interval_times(every: timedelta, *, first: datetime) -> OldTimes:
    """Return `first` and the times every `every` after it, in real time, as beat counts."""

    def times(after: datetime, until: datetime) -> Iterator[datetime]:
        at = max(first, first + ((after - first) // every + 1) * every)
        while at <= until:
            yield at
            at += every

    return times


def relative_times(every: timedelta, *, zone: ZoneInfo) -> OldTimes:
    """Return the times of a `relative` schedule, which Celery rounds to its day, hour or minute in `zone`."""

    def times(after: datetime, until: datetime) -> Iterator[datetime]:
        last = _noon_before(after, zone)
        while last <= until:
            step = remaining(last.astimezone(zone), every, last, relative=True)
            last += max(step, timedelta(seconds=1))
            if after < last <= until:
                yield last

    return times


def single_time(at: datetime) -> OldTimes:
    """Return `at` alone."""
    return lambda after, until: iter((at,) if after < at <= until else ())
