"""Months in which a rule's day does not exist."""

from calendar import isleap
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from schedules.recurrence.cron import Cron
from schedules.recurrence.description.phrases import MONTHS, listed
from schedules.recurrence.rrule import RRule
from schedules.recurrence.rrule.parts import Freq

FEBRUARY = 2
EVERY_SHAPE = range(2001, 2029)  # every weekday on every date, leap years included
EVERY_LENGTH = range(2023, 2025)


def skipped_months(rule: Cron | RRule) -> Iterator[tuple[str, str]]:
    """Yield (code, message) if some of the rule's months never have its day, or only in leap years."""
    if isinstance(rule, Cron):
        last_day = "L as the day"
        skipped = _without_day(rule.months, rule.days.in_month, years=EVERY_SHAPE)
    else:
        last_day = "BYMONTHDAY=-1"
        years = EVERY_SHAPE if rule.recurrence.days.weekdays else EVERY_LENGTH
        skipped = _without_day(_months_of(rule), _day_in(rule), years=years)
    if skipped:
        yield (
            "skips_months",
            (
                f"the day does not exist in {listed(skipped)}, so nothing runs then;"
                f" for the end of every month write {last_day}"
            ),
        )


def _months_of(rule: RRule) -> Iterable[int]:
    """Return the months that the interval comes to; of the finer frequencies none, as they name no day."""
    recurrence = rule.recurrence
    if recurrence.freq is Freq.MONTHLY:
        reached = {(recurrence.start.month - 1 + n * recurrence.interval) % 12 + 1 for n in range(12)}
        return sorted(reached.intersection(recurrence.days.months))
    yearly = recurrence.freq is Freq.YEARLY and not recurrence.days.weeks and not recurrence.days.year_days
    return recurrence.days.months if yearly else ()


def _day_in(rule: RRule) -> Callable[[int, int], bool]:
    def has_day(year: int, month: int) -> bool:
        day = rule.recurrence.days.on_or_after(date(year, month, 1).toordinal())
        return day is not None and (found := date.fromordinal(day)).month == month and found.year == year

    return has_day


def _without_day(
    months: Iterable[int], has_day: Callable[[int, int], object], *, years: Iterable[int]
) -> list[str]:
    skipped = []
    for month in months:
        name = MONTHS[month - 1]
        if not any(has_day(year, month) for year in years):
            skipped.append(name)
        elif month == FEBRUARY and not any(has_day(year, month) for year in years if not isleap(year)):
            skipped.append(f"{name} except in leap years")
    return skipped
