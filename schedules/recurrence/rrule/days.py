"""The days of a year that the BY parts of an RRULE allow, expanded by python-dateutil."""

from bisect import bisect_left
from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dateutil.rrule import YEARLY, rrule, weekday

from schedules.recurrence.zones import HORIZON

LAST_DAY = date(HORIZON.year, 12, 31).toordinal()
DAYS_IN_WEEK = range(7)
WEEKDAYS_IN_MONTH, WEEKDAYS_IN_YEAR = 5, 53  # how often one weekday can come

# A year this far ahead lies beyond the calendar: dateutil looks at one year and stops. Otherwise
# it would search an impossible day up to the year 9999, for seconds.
ONE_YEAR_ONLY = 10_000


@dataclass(frozen=True)
class DaysOfYear:
    """Which days match, whatever their period; nothing given is no restriction.

    Attributes:
        weekdays: (weekday, n), Monday is 0; n counts within the months, or within the year if
            there are none, from the end if negative; 0 is every such weekday.
        week_start: the first day of a week; Monday is 0.
    """

    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    week_start: int = 0
    _found: dict[tuple[object, ...], tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def on_or_after(self, day: int) -> int | None:
        """Return the first matching day from `day` on, both as ordinals, or None before 2201."""
        if day > LAST_DAY:
            return None
        first_year = date.fromordinal(day).year
        for year in range(first_year, HORIZON.year + 1):
            new_year = date(year, 1, 1).toordinal()
            days = self.in_year(year)
            at = bisect_left(days, day - new_year)
            if at < len(days):
                return new_year + days[at]
        return None

    def between(self, first: int, end: int) -> list[int]:
        """Return the matching days from `first` to the day before `end`, as ordinals."""
        found: list[int] = []
        for year in range(date.fromordinal(first).year, date.fromordinal(end - 1).year + 1):
            new_year = date(year, 1, 1).toordinal()
            days = self.in_year(year)
            inside = days[bisect_left(days, first - new_year) : bisect_left(days, end - new_year)]
            found += [new_year + day for day in inside]
        return found

    def in_year(self, year: int) -> tuple[int, ...]:
        """Return the matching days of a year in order, 0 for the 1st of January."""
        # All that the days depend on: 28 shapes, so that a search over 200 years expands only these.
        shape = (*map(isleap, (year - 1, year, year + 1)), date(year, 1, 1).weekday())
        if shape not in self._found:
            self._found[shape] = tuple(self._expanded(year))
        return self._found[shape]

    def _expanded(self, year: int) -> Iterable[int]:
        start = datetime(year, 1, 1)  # noqa: DTZ001 - a calendar has no zone
        rule = rrule(
            YEARLY,
            dtstart=start,
            interval=ONE_YEAR_ONLY,
            bymonth=self.months or None,
            bymonthday=self.month_days or None,
            byyearday=self.year_days or None,
            byweekday=[weekday(*each) for each in self._counted_weekdays()],
            byhour=0,
            byminute=0,
            bysecond=0,
        )
        return ((day - start).days for day in rule if not self.weeks or self._in_weeks(day.date()))

    def _counted_weekdays(self) -> list[tuple[int, int | None]]:
        """Return the weekdays all with a number or all without one.

        Given both, dateutil looks for days that are the one and the other.
        """
        if not any(n for _, n in self.weekdays):
            return [(day, None) for day, _ in self.weekdays] or [(day, None) for day in DAYS_IN_WEEK]
        most = WEEKDAYS_IN_MONTH if self.months else WEEKDAYS_IN_YEAR
        every = range(1, most + 1)
        return [(day, number) for day, n in self.weekdays for number in ([n] if n else every)]

    def _in_weeks(self, day: date) -> bool:
        """Tell a week's number here: dateutil takes some days after New Year for a week 53."""
        week = day - timedelta((day.weekday() - self.week_start) % 7)
        year = (week + timedelta(3)).year
        first, following = (self._first_week(each) for each in (year, year + 1))
        number, count = (week - first).days // 7 + 1, (following - first).days // 7
        return number in self.weeks or number - count - 1 in self.weeks

    def _first_week(self, year: int) -> date:
        """Return the start of the first week with four days in `year`, as in ISO 8601."""
        inside = date(year, 1, 4)
        return inside - timedelta((inside.weekday() - self.week_start) % 7)
