"""A cron rule, and its walk over the calendar."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from zoneinfo import ZoneInfo

from schedules.recurrence import daylight
from schedules.recurrence.cron.days import DayMatch, DayTable
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.zones import HORIZON

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Cron:
    """A parsed cron expression.

    Attributes:
        text: as typed.
        canonical: the same rule in numbers, hashes resolved; it parses to the same times.
        elapsed: the second, minute or hour field begins with `*`: the rule follows real time. Both
            copies of a repeated hour run and a missing hour does not exist, whatever the policies say;
            so `*/30 2 * * *` runs four times on the day that has its hour 2 twice, and not at all on
            the day without one. Every run shows the fields on the clock; where a transition is no
            multiple of the step, the runs around it may be closer or further apart.
        seconds, minutes, hours, months: in order.
    """

    text: str
    day_match: DayMatch
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    days: DayTable
    elapsed: bool
    canonical: str

    def instants(self, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap) -> Iterator[datetime]:
        if self.elapsed:
            gap, overlap = Gap.SKIP, Overlap.BOTH
        return daylight.instants(self.wall_times, zone=zone, after=after, gap=gap, overlap=overlap)

    def wall_times(self, since: datetime) -> Iterator[datetime]:
        """Yield, in order, the matching wall-clock times from `since` to the end of 2200, without zone."""
        if since.microsecond:
            since = since.replace(microsecond=0) + SECOND
        today = since.date()
        for day in self._days(today):
            start = since.time() if day == today else time.min
            for hour, minute, second in self._times(start):
                yield datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001

    def _days(self, since: date) -> Iterator[date]:
        for year, month in self._months(since):
            days = self.days.in_month(year, month)
            if (year, month) == (since.year, since.month):
                days = days[bisect_left(days, since.day) :]
            yield from (date(year, month, day) for day in days)

    def _months(self, since: date) -> Iterator[tuple[int, int]]:
        this_year = self.months[bisect_left(self.months, since.month) :]
        later_years = range(since.year + 1, HORIZON.year + 1)
        return chain(product((since.year,), this_year), product(later_years, self.months))

    def _times(self, since: time) -> Iterator[tuple[int, int, int]]:
        """Return in order the times of day from `since` on: of its minute, of its hour, of later hours."""
        hour, minute = _exactly(self.hours, since.hour), _exactly(self.minutes, since.minute)
        return chain(
            product(hour, minute, self.seconds[bisect_left(self.seconds, since.second) :]),
            product(hour, self.minutes[bisect_right(self.minutes, since.minute) :], self.seconds),
            product(self.hours[bisect_right(self.hours, since.hour) :], self.minutes, self.seconds),
        )


def _exactly(values: tuple[int, ...], value: int) -> tuple[int, ...]:
    return (value,) if value in values else ()
