"""From a recurrence to its wall-clock times: the periods in phase with DTSTART, and the times in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from itertools import dropwhile

from schedules.recurrence.rrule.parts import Freq
from schedules.recurrence.rrule.recurrence import UNITS_PER_DAY, Recurrence


@dataclass(frozen=True)
class Period:
    """How days fall into numbered years, months, weeks or days.

    Attributes:
        number: of the period that holds a day, given as an ordinal.
        first_day: its first day, given its number.
    """

    number: Callable[[int], int]
    first_day: Callable[[int], int]


def wall_times(recurrence: Recurrence, since: datetime) -> Iterator[datetime]:
    """Yield in order, without zone, the times from `since` to the end of 2200.

    The work between two of them is bounded: days without a match are skipped by the year,
    and from a period out of phase the search jumps to the next in phase.
    """
    since = max(since, recurrence.start)
    if not recurrence.units or not recurrence.offsets:
        return iter(())
    if recurrence.freq in {Freq.HOURLY, Freq.MINUTELY}:
        found = _in_units(recurrence, since)
    elif recurrence.positions:
        found = _at_positions(recurrence, since)
    else:
        found = _on_days(recurrence, since)
    return dropwhile(lambda wall: wall < since, found)


def _on_days(recurrence: Recurrence, since: datetime) -> Iterator[datetime]:
    period = _period(recurrence)
    base = period.number(recurrence.start.toordinal())
    day = recurrence.days.on_or_after(since.toordinal())
    while day is not None:
        ahead = (base - period.number(day)) % recurrence.interval
        if ahead:
            day = recurrence.days.on_or_after(period.first_day(period.number(day) + ahead))
            continue
        midnight = datetime.fromordinal(day)
        yield from (midnight + offset for offset in recurrence.offsets)
        day = recurrence.days.on_or_after(day + 1)


def _at_positions(recurrence: Recurrence, since: datetime) -> Iterator[datetime]:
    period = _period(recurrence)
    base = period.number(recurrence.start.toordinal())
    day = recurrence.days.on_or_after(period.first_day(period.number(since.toordinal())))
    while day is not None:
        number = period.number(day)
        ahead = (base - period.number(day)) % recurrence.interval
        if not ahead:
            yield from _picked(recurrence, day, end=period.first_day(number + 1))
        day = recurrence.days.on_or_after(period.first_day(number + (ahead or 1)))


def _picked(recurrence: Recurrence, day: int, *, end: int) -> list[datetime]:
    """Return the times at the rule's positions among those from `day` to `end`, without writing all out."""
    days = recurrence.days.between(day, end)
    per_day = len(recurrence.offsets)
    count = len(days) * per_day
    places = {n - 1 if n > 0 else count + n for n in recurrence.positions}
    return [
        datetime.fromordinal(days[n // per_day]) + recurrence.offsets[n % per_day]
        for n in sorted(places)
        if 0 <= n < count
    ]


def _in_units(recurrence: Recurrence, since: datetime) -> Iterator[datetime]:
    """Yield the times of a rule that counts hours or minutes."""
    per_day = UNITS_PER_DAY[recurrence.freq]
    length = timedelta(days=1) / per_day
    base, earliest = (_unit(at, length) for at in (recurrence.start, since))
    day = recurrence.days.on_or_after(since.toordinal())
    while day is not None:
        first = max(day * per_day, earliest)
        first += (base - first) % recurrence.interval
        midnight = datetime.fromordinal(day)
        for unit in range(first - day * per_day, per_day, recurrence.interval):
            if unit in recurrence.units:
                yield from (midnight + unit * length + offset for offset in recurrence.offsets)
        day = recurrence.days.on_or_after(max(day + 1, first // per_day))


def _unit(at: datetime, length: timedelta) -> int:
    """Return the number of an hour or minute, so that those of day n begin with n times their number a day."""
    return (at - datetime.fromordinal(1)) // length + timedelta(days=1) // length


def _period(recurrence: Recurrence) -> Period:
    week_start = recurrence.days.week_start + 1  # ordinal 1 is a Monday
    weekly = Period(lambda day: (day - week_start) // 7, lambda number: number * 7 + week_start)
    return {**PERIODS, Freq.WEEKLY: weekly}[recurrence.freq]


def _month(day: int) -> int:
    at = date.fromordinal(day)
    return at.year * 12 + at.month - 1


# A year far ahead counts as the calendar's last; both lie beyond every search.
PERIODS = {
    Freq.YEARLY: Period(
        lambda day: date.fromordinal(day).year, lambda number: date(min(number, MAXYEAR), 1, 1).toordinal()
    ),
    Freq.MONTHLY: Period(_month, lambda number: date(number // 12, number % 12 + 1, 1).toordinal()),
    Freq.DAILY: Period(int, int),
}
