"""A second, slow opinion on what a cron yields, which shares no code with the product.

It knows the values of each field as sets, made together with the text, and looks
at the wall clock minute by minute. Offsets it asks of `zoneinfo` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PROBE = timedelta(hours=36)


@dataclass(frozen=True)
class Expected:
    """A cron as text and as what its fields mean; weekdays count from 0 for Sunday."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    day_match: str

    @property
    def elapsed(self) -> bool:
        return any(field.startswith("*") for field in self.text.split()[:2])

    def matches(self, wall: datetime) -> bool:
        in_time = wall.minute in self.minutes and wall.hour in self.hours and wall.month in self.months
        return in_time and self._matches_day(wall)

    def _matches_day(self, wall: datetime) -> bool:
        monthly = wall.day in self.days
        weekly = wall.isoweekday() % 7 in self.weekdays
        fields = self.text.split()
        if self.day_match == "and" or fields[2].startswith("*") or fields[4].startswith("*"):
            return monthly and weekly
        return monthly or weekly


def instants_of(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants at which the clock of `zone` shows `wall`: none, one or two."""
    return sorted(
        at
        for offset in _offsets_around(wall.date(), zone)
        if (at := (wall - offset).replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None) == wall
    )


@lru_cache(maxsize=1000)
def _offsets_around(day: date, zone: ZoneInfo) -> set[timedelta]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {_offset(zone, midnight + n * HOUR) for n in range(-30, 55)}


def runs(
    cron: Expected, zone: ZoneInfo, *, start: datetime, end: datetime, gap: str, overlap: str
) -> list[datetime]:
    """Return the runs from `start` to `end`, both included, in UTC."""
    first = (start - 2 * DAY).replace(tzinfo=None, second=0, microsecond=0)
    walls = (first + n * MINUTE for n in range((end - start + 4 * DAY) // MINUTE))
    found = {at for wall in walls if cron.matches(wall) for at in _placed(wall, zone, cron, gap, overlap)}
    return sorted(at for at in found if start <= at <= end)


def _placed(wall: datetime, zone: ZoneInfo, cron: Expected, gap: str, overlap: str) -> list[datetime]:
    shown = instants_of(wall, zone)
    if shown and (cron.elapsed or overlap == "both"):
        return shown
    if shown:
        return [shown[0] if overlap == "first" else shown[-1]]
    if cron.elapsed or gap == "skip":
        return []
    return _moved(wall, zone, gap)


def _moved(wall: datetime, zone: ZoneInfo, gap: str) -> list[datetime]:
    after_gap = next(
        at for at in _transitions_near(wall, zone) if at.astimezone(zone).replace(tzinfo=None) > wall
    )
    if gap == "at_gap_end":
        return [after_gap]
    return [(wall - _offset(zone, after_gap - timedelta(seconds=1))).replace(tzinfo=UTC)]


def _transitions_near(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    middle = wall.replace(tzinfo=UTC)
    return [at for at in transitions(zone) if abs(at - middle) < 2 * DAY]


@cache
def transitions(zone: ZoneInfo, since: int = 1970, until: int = 2041) -> list[datetime]:
    """Return the first instants of every new offset, found by looking every 36 hours."""
    start, end = datetime(since, 1, 1, tzinfo=UTC), datetime(until, 1, 1, tzinfo=UTC)
    probes = [start + n * PROBE for n in range((end - start) // PROBE)]
    offsets = [_offset(zone, at) for at in probes]
    pairs = zip(pairwise(probes), pairwise(offsets), strict=True)
    return [_narrow(zone, *span) for span, (before, after) in pairs if before != after]


def _narrow(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    for step in (HOUR, MINUTE, timedelta(seconds=1)):
        before = next(
            at for at in _steps(before, after, step) if _offset(zone, at + step) != _offset(zone, before)
        )
        after = min(after, before + step)
    return after


def _steps(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    return (start + n * step for n in range((end - start) // step + 1))


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
