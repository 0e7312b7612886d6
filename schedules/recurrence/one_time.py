"""One-time rules: an instant, or a time on the wall clock of the schedule's zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from schedules.recurrence import daylight, written
from schedules.recurrence.daylight import Gap, Overlap


@dataclass(frozen=True)
class OneTime:
    """Fires at `at`: an instant if aware, otherwise wall-clock time, subject to gap and overlap.

    With `skip` a wall-clock time in a gap never fires; with `both` one in an overlap fires twice.

    Raises:
        InvalidRule: naming `at`.
    """

    at: datetime

    def __post_init__(self) -> None:
        written.within_bounds("at", self.at)

    def instants(self, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap) -> Iterator[datetime]:
        if self.at.tzinfo is not None:
            at = self.at.astimezone(UTC)
            return iter((at,) if at > after else ())
        return daylight.instants(self.wall_times, zone=zone, after=after, gap=gap, overlap=overlap)

    def wall_times(self, since: datetime) -> Iterator[datetime]:
        """Yield the time if it is on the wall clock and not before `since`; neither has a zone."""
        return iter((self.at,) if self.at.tzinfo is None and self.at >= since else ())


def from_dict(data: dict[str, Any], **_: object) -> OneTime:
    """Read `{"at": ISO 8601}`; with an offset it is an instant, without one wall-clock time."""
    written.only(data, "at")
    return OneTime(at=written.time("at", data.get("at")))


def to_dict(rule: OneTime) -> dict[str, Any]:
    return {"at": rule.at.isoformat()}
