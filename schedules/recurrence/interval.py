"""Interval rules: anchor + n * every, in real time or on the wall clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from schedules.recurrence import daylight, written
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.zones import DAY, HORIZON

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=3660)  # ten years with their leap days; a longer wait is a one-time rule


class Basis(StrEnum):
    ELAPSED = "elapsed"  # real time: 24 hours are 24 hours on every day
    WALL_CLOCK = "wall_clock"  # the time of day stays; for a day and longer


@dataclass(frozen=True)
class Interval:
    """Fires at `anchor` + n * `every` for every whole n, also before the anchor.

    The anchor is a phase, not a start: a backfill reaches back beyond it. On the
    wall clock the anchor counts as its local time in the zone of the schedule.

    Raises:
        InvalidRule: naming `every_seconds`, `anchor` or `basis`.
    """

    every: timedelta
    anchor: datetime
    basis: Basis = Basis.ELAPSED

    def __post_init__(self) -> None:
        if not SHORTEST <= self.every <= LONGEST:
            raise InvalidRule("every_seconds", "write a number of seconds from 1 to 316224000 (ten years)")
        object.__setattr__(self, "basis", written.choice("basis", self.basis, Basis))
        if self.basis is Basis.WALL_CLOCK and self.every < DAY:
            raise InvalidRule("basis", "'wall_clock' is for intervals of a day (86400 seconds) or longer")
        object.__setattr__(self, "anchor", written.instant("anchor", self.anchor))

    def instants(self, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap) -> Iterator[datetime]:
        if self.basis is Basis.ELAPSED:
            return self._elapsed(after)
        return daylight.instants(self.wall_times(zone), zone=zone, after=after, gap=gap, overlap=overlap)

    def _elapsed(self, after: datetime) -> Iterator[datetime]:
        at = self.anchor + ((after - self.anchor) // self.every + 1) * self.every
        while at < HORIZON.replace(tzinfo=UTC):
            yield at
            at += self.every

    def wall_times(self, zone: ZoneInfo) -> daylight.WallTimes:
        """Return what yields the times on the wall clock of `zone`."""
        anchor = self.anchor.astimezone(zone).replace(tzinfo=None)

        def wall_times(since: datetime) -> Iterator[datetime]:
            wall = anchor - (anchor - since) // self.every * self.every
            while wall < HORIZON + DAY:
                yield wall
                wall += self.every

        return wall_times


def from_dict(data: dict[str, Any], *, zone: ZoneInfo, created_at: datetime | None, **_: object) -> Interval:
    """Read `{"every_seconds": number, "anchor": ISO 8601, "basis": str}`.

    An anchor without offset is local time in `zone`; without an anchor it is `created_at`.
    """
    written.only(data, "every_seconds", "anchor", "basis")
    anchor = written.time("anchor", data["anchor"], zone=zone) if "anchor" in data else created_at
    if anchor is None:
        raise InvalidRule("anchor", "missing; write a time from which the interval counts, in ISO 8601")
    return Interval(
        every=written.seconds("every_seconds", data.get("every_seconds"), longest=LONGEST),
        anchor=anchor,
        basis=written.choice("basis", data.get("basis", Basis.ELAPSED), Basis),
    )


def to_dict(rule: Interval) -> dict[str, Any]:
    every = written.plain_seconds(rule.every)
    return {"every_seconds": every, "anchor": rule.anchor.isoformat(), "basis": str(rule.basis)}
