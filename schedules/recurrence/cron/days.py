"""Which days of a month match: the two day fields and the rule that joins them."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

SHORTEST_MONTH, LONGEST_MONTH = 28, 31
SUNDAY, SATURDAY = 0, 6


class DayMatch(StrEnum):
    """How day of month and day of week join when both are restricted."""

    OR = "or"  # either; but both where one of the fields begins with *, as in Debian's cron
    AND = "and"  # both, always


@dataclass(frozen=True)
class Month:
    """The shape of a month: all that decides which of its days match.

    Attributes:
        length: in days, 28 to 31.
        first: weekday of its first day, 0 for Sunday to 6.
    """

    length: int
    first: int

    def days_on(self, weekday: int) -> range:
        return range(1 + (weekday - self.first) % 7, self.length + 1, 7)

    def nearest_working_day(self, day: int) -> int:
        """Return the day from Monday to Friday nearest to `day`, within the month."""
        weekday = (self.first + day - 1) % 7
        if weekday == SATURDAY:
            return day - 1 if day > 1 else day + 2
        if weekday == SUNDAY:
            return day + 1 if day < self.length else day - 2
        return day


MONTHS = tuple(
    Month(length, first) for length in range(SHORTEST_MONTH, LONGEST_MONTH + 1) for first in range(7)
)


@dataclass(frozen=True)
class DaysOfMonth:
    """The day of month field.

    Attributes:
        plain: days by number.
        working: the n of each `nW`; a month without day n has no such day.
        from_end: the n of each `L-n`, 0 for `L`.
        last_working: whether `LW` is there.
        unrestricted: the field begins with `*` or is `?`.
    """

    plain: frozenset[int] = frozenset()
    working: frozenset[int] = frozenset()
    from_end: frozenset[int] = frozenset()
    last_working: bool = False
    unrestricted: bool = False

    def in_month(self, month: Month) -> set[int]:
        found = {day for day in self.plain if day <= month.length}
        found |= {month.nearest_working_day(day) for day in self.working if day <= month.length}
        found |= {month.length - back for back in self.from_end if back < month.length}
        if self.last_working:
            found.add(month.nearest_working_day(month.length))
        return found


@dataclass(frozen=True)
class DaysOfWeek:
    """The day of week field; weekdays are 0 for Sunday to 6.

    Attributes:
        plain: weekdays.
        nth: (weekday, n) of each `d#n`, n from 1 to 5.
        last: the weekday of each `dL`.
        unrestricted: the field begins with `*` or is `?`.
    """

    plain: frozenset[int] = frozenset()
    nth: frozenset[tuple[int, int]] = frozenset()
    last: frozenset[int] = frozenset()
    unrestricted: bool = False

    def in_month(self, month: Month) -> set[int]:
        found = {day for weekday in self.plain for day in month.days_on(weekday)}
        found |= {day for weekday, n in self.nth for day in month.days_on(weekday)[n - 1 : n]}
        found |= {month.days_on(weekday)[-1] for weekday in self.last}
        return found


@dataclass(frozen=True)
class DayTable:
    """The matching days of every shape a month can have, each in order.

    With it a search looks at one entry per month, however rare the days are.

    Attributes:
        days: one entry per shape, in the order of `MONTHS`.
    """

    days: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, monthly: DaysOfMonth, weekly: DaysOfWeek, *, match: DayMatch) -> "DayTable":
        both = match is DayMatch.AND or monthly.unrestricted or weekly.unrestricted
        join: Callable[[set[int], set[int]], set[int]] = set.intersection if both else set.union
        found = (join(monthly.in_month(month), weekly.in_month(month)) for month in MONTHS)
        return cls(tuple(tuple(sorted(days)) for days in found))

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        monday_first, length = monthrange(year, month)
        return self.days[(length - SHORTEST_MONTH) * 7 + (monday_first + 1) % 7]

    def ever_in(self, month: int) -> bool:
        """Return whether the month has a matching day in any year; each length meets every weekday."""
        lengths = {monthrange(year, month)[1] for year in (2023, 2024)}
        return any(days for shape, days in zip(MONTHS, self.days, strict=True) if shape.length in lengths)
