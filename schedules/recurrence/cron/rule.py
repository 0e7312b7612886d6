"""A cron rule, and its walk over the calendar."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
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
        elapsed: the second, minute or hour field begins with `*`: the rule follows real time. It runs
            whenever the clock shows its fields, whatever the policies say: in both copies of a repeated
            hour, and not in a missing one. So `*/30 2 * * *` runs four times on the day that has its
            hour 2 twice, and not at all on the day without one. Where a transition is a multiple of the
            period in which the runs on the clock repeat (n minutes for `*/n` if n divides 60, an hour
            for other minutes of every hour, n hours for `0 */n`), no pause is longer than the step;
            across any other it is shorter than two steps. See docs/decisions/0009.
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
        today, start = since.date(), since.time()
        for day in self._days(today):
            for hour, minute, second in self._times(start if day == today else time.min):
                yield datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001

    def _days(self, since: date) -> Iterator[date]:
        for year, month in self._months(since):
            days = self.days.in_month(year, month)
            if (year, month) == (since.year, since.month):
                days = days[bisect_left(days, since.day) :]
            yield from (date(year, month, day) for day in days)

    def _months(self, since: date) -> Iterator[tuple[int, int]]:
        for month in self.months[bisect_left(self.months, since.month) :]:
            yield since.year, month
        for year in range(since.year + 1, HORIZON.year + 1):
            for month in self.months:
                yield year, month

    def _times(self, since: time) -> Iterator[tuple[int, int, int]]:
        """Yield in order the times of day from `since` on: of its minute, of its hour, of later hours."""
        hour, minute = (since.hour,), (since.minute,)
        if since.hour in self.hours:
            if since.minute in self.minutes:
                yield from product(hour, minute, self.seconds[bisect_left(self.seconds, since.second) :])
            yield from product(hour, self.minutes[bisect_right(self.minutes, since.minute) :], self.seconds)
        yield from product(self.hours[bisect_right(self.hours, since.hour) :], self.minutes, self.seconds)
