"""When the active schedules of an organization start executions, searched once for all that agree."""

from array import array
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import dropwhile, islice, takewhile

from schedules import timetable
from schedules.calendars import InvalidCalendar
from schedules.load.planning import DAY, HOUR, MINUTE
from schedules.load.sameness import key_of
from schedules.models import Schedule
from schedules.recurrence import Basis, Interval, InvalidRule
from schedules.spread import SpreadKind
from schedules.timetable import Calendars

SECOND = timedelta(seconds=1)
DAY_SECONDS = DAY * MINUTE
MOST_TIMES = 6_000_000  # of one search; bounds its time to some seconds and its memory to 50 MB
SERIES_COST = 10  # evenly spaced times that cost as much as one that is searched


class Coverage(StrEnum):
    """How far the times of a schedule are known."""

    EXACT = "exact"
    SAMPLED = "sampled"  # too many: the day after its first fire stands for every day
    LEFT_OUT = "left_out"  # not searched: `MOST_TIMES` were found before, or a rule cannot be read


@dataclass(frozen=True, slots=True)
class Timing:
    """Schedules that start executions at the same seconds, and those seconds in order.

    Attributes:
        times: whole seconds after the start of the search.
    """

    schedules: tuple[Schedule, ...]
    times: Sequence[int]
    coverage: Coverage = Coverage.EXACT

    def minutes(self) -> list[int]:
        """Return the minutes after the start of the search in which something starts, in order."""
        return list(dict.fromkeys(at // MINUTE for at in self.times))


@dataclass(frozen=True, slots=True)
class _Span:
    """What is searched: `minutes` minutes from `start` on."""

    start: datetime
    minutes: int
    calendars: Calendars | None

    @property
    def seconds(self) -> int:
        return self.minutes * MINUTE


def timings(
    schedules: Iterable[Schedule], *, start: datetime, minutes: int, calendars: Calendars | None = None
) -> Iterator[Timing]:
    """Yield when `schedules` start executions, one group after the other as each is found.

    Schedules whose rules, zone and bounds mean the same share one search; those
    with a spread, whose ids decide their times, have their own. It is exact for
    rules that fire, over the whole length, at most once a minute, with a spread
    at most once an hour, and for plain intervals of whole seconds. Of a denser
    rule only the day that follows its first fire is searched, and repeated to
    the end: right for what is the same on every day; what keeps to some weekdays
    is counted on all of them. These come last.

    Args:
        start: on a full minute.
        calendars: what `calendars_of` returns; read for each schedule where it is left out.
    """
    span = _Span(start, minutes, calendars)
    dense: list[tuple[Schedule, ...]] = []
    left = MOST_TIMES
    for group in _groups(schedules, start=start):
        most = _most(group[0], minutes=minutes)
        times = _times(group[0], span, most=most + 1) if left > 0 else None
        if times is None:
            yield Timing(group, (), Coverage.LEFT_OUT)
        elif not isinstance(times, range) and len(times) > most:
            dense.append(group)
        else:
            left -= _cost(times)
            yield Timing(group, times)
    for group in dense:
        timing = _sampled(group, span, most=left)
        left -= len(timing.times)
        yield timing


def _groups(schedules: Iterable[Schedule], *, start: datetime) -> Iterable[tuple[Schedule, ...]]:
    groups: dict[Hashable, list[Schedule]] = {}
    for schedule in schedules:
        groups.setdefault(_key(schedule, start=start), []).append(schedule)
    return (tuple(group) for group in groups.values())


def _key(schedule: Schedule, *, start: datetime) -> Hashable:
    if schedule.spread != SpreadKind.NONE or schedule.skip_times:
        return schedule.pk
    try:
        return key_of(schedule, now=start)
    except InvalidRule:
        return schedule.pk


def _most(schedule: Schedule, *, minutes: int) -> int:
    # The offset of a spread takes ten times as long as the time itself.
    return minutes if schedule.spread == SpreadKind.NONE else minutes // HOUR


def _cost(times: Sequence[int]) -> int:
    return len(times) // SERIES_COST if isinstance(times, range) else len(times)


def _times(schedule: Schedule, span: _Span, *, most: int) -> Sequence[int] | None:
    """Return the first `most` times, or a whole series; None where a rule or calendar cannot be read."""
    try:
        series = _series(schedule, span)
        return array("l", islice(_seconds(schedule, span), most)) if series is None else series
    except (InvalidRule, InvalidCalendar):
        return None


def _series(schedule: Schedule, span: _Span) -> range | None:
    """Return the times of a plain interval without searching them; None for anything else."""
    rule, *others = timetable.rules_of(schedule)
    if others or not isinstance(rule, Interval) or rule.basis is not Basis.ELAPSED or rule.every % SECOND:
        return None
    end = span.start + timedelta(minutes=span.minutes)
    is_bounded = (schedule.start_at and schedule.start_at > span.start) or (
        schedule.end_at and schedule.end_at < end
    )
    if is_bounded or schedule.calendars or schedule.skip_times or schedule.spread != SpreadKind.NONE:
        return None
    every = rule.every // SECOND
    first = (int(rule.anchor.timestamp()) - int(span.start.timestamp())) % every
    return range(first, span.seconds, every)


def _seconds(schedule: Schedule, span: _Span) -> Iterator[int]:
    base = int(span.start.timestamp())
    # What was due a spread's length ago may start within the span.
    after = span.start - schedule.spread_window - timedelta.resolution
    fires = timetable.fires(schedule, after=after, calendars=span.calendars)
    due = (int(fire.due_at.timestamp()) - base for fire in fires if not fire.barred)
    return takewhile(span.seconds.__gt__, dropwhile((0).__gt__, due))


def _sampled(group: tuple[Schedule, ...], span: _Span, *, most: int) -> Timing:
    times = _seconds(group[0], span)
    first = next(times)
    until = _end(group[0], span)
    days = -((first - until) // DAY_SECONDS)
    day = array("l", [first, *islice(takewhile((first + DAY_SECONDS).__gt__, times), max(most, 0) // days)])
    if len(day) * days > most:
        return Timing(group, (), Coverage.LEFT_OUT)
    whole = array("l", (at + shift for shift in range(0, until - first, DAY_SECONDS) for at in day))
    coverage = Coverage.EXACT if days == 1 else Coverage.SAMPLED
    return Timing(group, whole[: bisect_left(whole, until)], coverage)


def _end(schedule: Schedule, span: _Span) -> int:
    if schedule.end_at is None:
        return span.seconds
    return min(span.seconds, int((schedule.end_at - span.start).total_seconds()) + 1)
