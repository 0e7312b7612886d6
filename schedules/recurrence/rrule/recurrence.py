"""What the parts of an RRULE mean once DTSTART has filled in what they leave open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from math import gcd

from schedules.recurrence.rrule.days import DaysOfYear
from schedules.recurrence.rrule.parts import Freq, Parts, refusal

MOST_TIMES = 1_440  # times of one day, or of one hour; more is an interval
MOST_DAYS = {Freq.YEARLY: 366, Freq.MONTHLY: 31, Freq.WEEKLY: 7}  # in a period made of days
UNITS_PER_DAY = {Freq.DAILY: 1, Freq.HOURLY: 24, Freq.MINUTELY: 24 * 60}


@dataclass(frozen=True)
class Recurrence:
    """A pattern of wall-clock times, without an end.

    Attributes:
        start: DTSTART on the wall clock.
        days: that the rule allows, whatever their period.
        units: the hours of a day if HOURLY, its minutes if MINUTELY, that the rule allows and reaches.
        offsets: in order, from the start of each minute if MINUTELY, of each hour if HOURLY, else of each day.
        positions: BYSETPOS among the times of a year, month or week.
    """

    freq: Freq
    start: datetime
    interval: int
    days: DaysOfYear
    units: frozenset[int]
    offsets: tuple[timedelta, ...]
    positions: tuple[int, ...]

    @classmethod
    def of(cls, parts: Parts, *, start: datetime) -> "Recurrence":
        """Return the meaning of `parts` from `start` on, wall-clock time without zone.

        Raises:
            InvalidRule: naming `rrule`: too many times, or a BYSETPOS that never comes.
        """
        days = _days(parts, start)
        offsets, positions = _at_positions(parts, _offsets(parts, start))
        return cls(
            freq=parts.freq,
            start=start,
            interval=parts.interval,
            days=days,
            units=_reached(parts, _units(parts), weekdays=days.weekdays, start=start),
            offsets=offsets,
            positions=positions,
        )


def _days(parts: Parts, start: datetime) -> DaysOfYear:
    months, month_days, weekdays = parts.lists["BYMONTH"], parts.lists["BYMONTHDAY"], parts.weekdays
    if not (month_days or weekdays or parts.lists["BYYEARDAY"] or parts.lists["BYWEEKNO"]):
        if parts.freq is Freq.YEARLY:
            months = months or (start.month,)
        if parts.freq in {Freq.YEARLY, Freq.MONTHLY}:
            month_days = (start.day,)
        if parts.freq is Freq.WEEKLY:
            weekdays = ((start.weekday(), 0),)
    return DaysOfYear(
        # Also for MONTHLY without BYMONTH: the second Monday is then the second of each month.
        months=tuple(range(1, 13)) if parts.freq is Freq.MONTHLY and not months else months,
        month_days=month_days,
        year_days=parts.lists["BYYEARDAY"],
        weeks=parts.lists["BYWEEKNO"],
        weekdays=weekdays,
        week_start=parts.week_start,
    )


def _units(parts: Parts) -> Iterable[int]:
    hours = parts.lists["BYHOUR"] or range(24)
    if parts.freq is Freq.HOURLY:
        return hours
    if parts.freq is Freq.MINUTELY:
        minutes = parts.lists["BYMINUTE"] or range(60)
        return (hour * 60 + minute for hour, minute in product(hours, minutes))
    return (0,)


def _reached(
    parts: Parts, units: Iterable[int], *, weekdays: tuple[tuple[int, int], ...], start: datetime
) -> frozenset[int]:
    """Leave out what the interval never comes to, in any week: a search for it would end in 2200."""
    per_day = UNITS_PER_DAY.get(parts.freq, 1)
    step = gcd(parts.interval, 7 * per_day) if parts.freq in UNITS_PER_DAY else 1
    if step == 1:
        return frozenset(units)
    base = (start.weekday() * 24 * 60 + start.hour * 60 + start.minute) * per_day // (24 * 60)
    midnights = {day * per_day - base for day, _ in weekdays} or {n * per_day - base for n in range(7)}
    return frozenset(unit for unit in units if any((unit + at) % step == 0 for at in midnights))


def _offsets(parts: Parts, start: datetime) -> tuple[timedelta, ...]:
    hours = parts.lists["BYHOUR"] or (start.hour,)
    minutes = parts.lists["BYMINUTE"] or (start.minute,)
    seconds = parts.lists["BYSECOND"] or (start.second,)
    if parts.freq in {Freq.HOURLY, Freq.MINUTELY}:
        hours = (0,)
    if parts.freq is Freq.MINUTELY:
        minutes = (0,)
    if len(hours) * len(minutes) * len(seconds) > MOST_TIMES:
        raise refusal(
            f"BYHOUR, BYMINUTE and BYSECOND make more than {MOST_TIMES} times; write an interval rule"
        )
    return tuple(
        timedelta(hours=hour, minutes=minute, seconds=second)
        for hour, minute, second in product(hours, minutes, seconds)
    )


def _at_positions(
    parts: Parts, offsets: tuple[timedelta, ...]
) -> tuple[tuple[timedelta, ...], tuple[int, ...]]:
    """Return the offsets and what of BYSETPOS is left to apply to each year, month or week."""
    positions = parts.lists["BYSETPOS"]
    most = MOST_DAYS.get(parts.freq, 1) * len(offsets)
    within = tuple(n for n in positions if abs(n) <= most)
    if positions and not within:
        raise refusal(
            f"BYSETPOS: {positions[0]} never comes; FREQ={parts.freq} has at most {most} times here"
        )
    if parts.freq in MOST_DAYS or not positions:
        return offsets, within
    places = {n - 1 if n > 0 else most + n for n in within}
    return tuple(offsets[n] for n in sorted(places)), ()
