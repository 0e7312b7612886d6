"""A second, slow opinion on what a cron yields, which shares no code with the product.

It knows the values of each field as sets, made together with the text, and looks
at every day and every time of day in turn. Offsets it asks of `zoneinfo` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise, product
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
STRIDE_SECONDS = 5 * 86_400  # less than lies between any two transitions since 1970


@dataclass(frozen=True)
class Special:
    """A day that only its month makes known; weekdays count from 0 for Sunday.

    Attributes:
        kind: `L-n`, `LW`, `nW`, `d#n` or `dL`.
    """

    kind: str
    n: int = 0
    weekday: int = 0

    def matches(self, day: date) -> bool:
        month = _month_of(day)
        working = [one for one in month if one.isoweekday() <= 5]
        same_weekday = [one for one in month if one.isoweekday() % 7 == self.weekday]
        chosen = {
            "L-n": lambda: month[::-1][self.n : self.n + 1],
            "LW": lambda: working[-1:],
            # Of Friday and Monday, neither is as near to a Saturday or Sunday as the other.
            "nW": lambda: sorted(working, key=lambda one: abs(one.day - self.n))[: self.n <= len(month)],
            "d#n": lambda: same_weekday[self.n - 1 : self.n],
            "dL": lambda: same_weekday[-1:],
        }
        return day in chosen[self.kind]()


@cache
def _month_of(day: date) -> list[date]:
    first = day.replace(day=1)
    return [found for n in range(31) if (found := first + n * DAY).month == day.month]


@dataclass(frozen=True)
class Expected:
    """A cron as text and as what its fields mean; weekdays count from 0 for Sunday."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] = frozenset(range(1, 32))
    months: frozenset[int] = frozenset(range(1, 13))
    weekdays: frozenset[int] = frozenset(range(7))
    day_match: str = "or"
    seconds: frozenset[int] = frozenset({0})
    specials: tuple[Special, ...] = ()

    @property
    def elapsed(self) -> bool:
        return any(field.startswith("*") for field in self.text.split()[:-3])

    def matches(self, wall: datetime) -> bool:
        in_time = wall.second in self.seconds and wall.minute in self.minutes and wall.hour in self.hours
        return in_time and self.runs_on(wall.date())

    def runs_on(self, day: date) -> bool:
        weekday_kinds = {"d#n", "dL"}
        special = {one.kind in weekday_kinds for one in self.specials if one.matches(day)}
        monthly = day.day in self.days or False in special
        weekly = day.isoweekday() % 7 in self.weekdays or True in special
        monthly_text, _, weekly_text = self.text.split()[-3:]
        both = self.day_match == "and" or monthly_text[0] in "*?" or weekly_text[0] in "*?"
        return day.month in self.months and (monthly and weekly if both else monthly or weekly)

    def walls(self, first: date, last: date) -> Iterator[datetime]:
        """Yield the matching local times of the days from `first` to `last`, in order."""
        times = [time(*at) for at in product(sorted(self.hours), sorted(self.minutes), sorted(self.seconds))]
        days = (first + n * DAY for n in range((last - first).days + 1))
        return (datetime.combine(day, at) for day in days if self.runs_on(day) for at in times)


def instants_of(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants at which the clock of `zone` shows `wall`: none, one or two."""
    return sorted(
        at
        for offset in _offsets_around(wall.date(), zone)
        if (at := (wall - offset).replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None) == wall
    )


@lru_cache(maxsize=10_000)
def _offsets_around(day: date, zone: ZoneInfo) -> set[timedelta]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {_offset(zone, midnight + timedelta(hours=n)) for n in (-30, -20, -10, 0, 10, 20, 30, 40, 54)}


def runs(
    cron: Expected, zone: ZoneInfo, *, start: datetime, end: datetime, gap: str, overlap: str
) -> list[datetime]:
    """Return the runs from `start` to `end`, both included, in UTC."""
    walls = cron.walls((start - 2 * DAY).date(), (end + 2 * DAY).date())
    found = {at for wall in walls for at in _placed(wall, zone, cron, gap, overlap)}
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
    """Return the first instants of every new offset, found by looking every five days."""
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (since, until))
    probes = range(start, end, STRIDE_SECONDS)
    offsets = [_offset_at(zone, probe) for probe in probes]
    changed = [
        span
        for span, (before, after) in zip(pairwise(probes), pairwise(offsets), strict=True)
        if before != after
    ]
    return [datetime.fromtimestamp(_narrow(zone, *span), UTC) for span in changed]


def _narrow(zone: ZoneInfo, low: int, high: int) -> int:
    before = _offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_at(zone, middle) == before else (low, middle)
    return high


def _offset_at(zone: ZoneInfo, seconds: int) -> timedelta | None:
    return datetime.fromtimestamp(seconds, zone).utcoffset()


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
