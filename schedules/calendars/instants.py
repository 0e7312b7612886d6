"""Entries of one stretch of real time, such as a maintenance window."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from schedules.calendars import written
from schedules.calendars.entry import DAY, ExcludedRange
from schedules.calendars.errors import InvalidCalendar
from schedules.recurrence.zones import in_utc, piece_at


@dataclass(frozen=True)
class Instants:
    """Excludes the instants from `start` to before `end`, both aware UTC, in every zone at once."""

    start: datetime
    end: datetime
    label: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"window {_words(self)}")

    def excludes(self, local: datetime, at: datetime) -> str | None:  # noqa: ARG002 - goes by the instant
        return self.label if self.start <= at < self.end else None

    def touches(self, day: date) -> bool:
        # Local time is less than a day from UTC.
        return self.start.date() - DAY <= day <= self.end.date() + DAY

    def ranges(self, *, first: date, last: date, zone: ZoneInfo) -> Iterator[ExcludedRange]:
        """Yield the window cut where the clock jumps, so that no range runs backwards."""
        at = in_utc(max(self.start, datetime.combine(first - DAY, time(), tzinfo=UTC)))
        end = in_utc(min(self.end, datetime.combine(last + 2 * DAY, time(), tzinfo=UTC)))
        while at < end:
            piece = piece_at(zone, at)
            until = min(end, piece.end)
            yield ExcludedRange(at + piece.offset, until + piece.offset, self.label)
            at = until

    def describe(self) -> str:
        return f"from {_words(self)}"


def from_dict(data: dict[str, Any], *, path: str) -> Instants:
    """Read `{"from": ISO 8601 with offset, "to": ISO 8601 with offset}`."""
    written.only(data, "kind", "from", "to", path=path)
    start = written.instant(data.get("from"), f"{path}.from")
    end = written.instant(data.get("to"), f"{path}.to")
    if end <= start:
        raise InvalidCalendar(f"{path}.to", "not after 'from'; write the time from which it fires again")
    return Instants(start, end)


def to_dict(entry: Instants) -> dict[str, Any]:
    return {"from": entry.start.isoformat(), "to": entry.end.isoformat()}


def _words(entry: Instants) -> str:
    return f"{entry.start.isoformat()} to {entry.end.isoformat()}"
