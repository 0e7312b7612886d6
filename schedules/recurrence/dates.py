"""Date rules: a list of instants, or of times on the wall clock of the schedule's zone."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from typing import Any
from zoneinfo import ZoneInfo

from schedules.recurrence import daylight, written
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.zones import in_utc

MOST_DATES = 1_000  # more is a pattern, and a pattern is a cron or an RRULE


@dataclass(frozen=True)
class Dates:
    """Fires at each of `dates`: an instant if aware, otherwise wall-clock time, subject to gap and overlap.

    They are kept in order and without repeats; an aware time has its place in UTC.

    Raises:
        InvalidRule: naming `dates` or one of them, as `dates[2]`.
    """

    dates: tuple[datetime, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.dates) <= MOST_DATES:
            raise InvalidRule("dates", f"write a list of 1 to {MOST_DATES} times")
        for number, at in enumerate(self.dates):
            written.within_bounds(f"dates[{number}]", at)
        object.__setattr__(self, "dates", tuple(sorted(dict.fromkeys(self.dates), key=_place)))

    def instants(self, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap) -> Iterator[datetime]:
        absolute = (at.astimezone(UTC) for at in self.dates if at.tzinfo is not None)
        local = daylight.instants(self.wall_times, zone=zone, after=after, gap=gap, overlap=overlap)
        return daylight.distinct(merge((at for at in absolute if at > after), local))

    def wall_times(self, since: datetime) -> Iterator[datetime]:
        """Yield in order the wall-clock times from `since` on, without zone."""
        walls = [at for at in self.dates if at.tzinfo is None]
        return iter(walls[bisect_left(walls, since) :])


def _place(at: datetime) -> datetime:
    return at if at.tzinfo is None else in_utc(at)


def from_dict(data: dict[str, Any], **_: object) -> Dates:
    """Read `{"dates": [ISO 8601, ...]}`; with an offset one is an instant, without one wall-clock time."""
    written.only(data, "dates")
    dates = data.get("dates")
    if not isinstance(dates, list) or not 1 <= len(dates) <= MOST_DATES:
        raise InvalidRule("dates", f"write a list of 1 to {MOST_DATES} times in ISO 8601")
    return Dates(tuple(written.time(f"dates[{number}]", at) for number, at in enumerate(dates)))


def to_dict(rule: Dates) -> dict[str, Any]:
    return {"dates": [at.isoformat() for at in rule.dates]}
