"""What the kinds of entry in a calendar have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SPELT_OUT = 5  # dates that a description names before it only counts


@dataclass(frozen=True, slots=True)
class ExcludedRange:
    """A stretch of local time in which nothing fires.

    Attributes:
        start: first excluded wall-clock time, without zone.
        end: first wall-clock time after it, without zone.
        reason: as `Calendar.excludes` gives it.
    """

    start: datetime
    end: datetime
    reason: str


class Entry(Protocol):
    """One source of exclusions."""

    def excludes(self, local: datetime, at: datetime) -> str | None:
        """Return why a time is excluded, given as wall-clock time without zone and as instant, or None."""
        ...

    def touches(self, day: date) -> bool:
        """Return whether some time of a local day may be excluded, in whatever zone."""
        ...

    def ranges(self, *, first: date, last: date, zone: ZoneInfo) -> Iterator[ExcludedRange]:
        """Yield the excluded ranges that touch the local days `first` to `last`, and perhaps a day more."""
        ...

    def describe(self) -> str:
        """Return what is excluded, as the end of a sentence that begins "Excludes"."""
        ...


class WholeDays(ABC):
    """An entry that knows only whole days."""

    @abstractmethod
    def on(self, day: date) -> str | None:
        """Return why the local date of `day` (a date or a wall-clock time) is excluded, or None."""

    def excludes(self, local: datetime, at: datetime) -> str | None:  # noqa: ARG002 - days have no instant
        return self.on(local)

    def touches(self, day: date) -> bool:
        return self.on(day) is not None

    def ranges(self, *, first: date, last: date, zone: ZoneInfo) -> Iterator[ExcludedRange]:  # noqa: ARG002
        for day in days(first, last):
            reason = self.on(day)
            if reason is not None:
                midnight = datetime.combine(day, time())
                yield ExcludedRange(midnight, midnight + DAY, reason)


def days(first: date, last: date) -> Iterator[date]:
    """Yield the dates from `first` to `last`, both inclusive."""
    return (first + timedelta(days=count) for count in range((last - first).days + 1))


def listed(labels: Sequence[str]) -> str:
    """Return the first few labels and how many more there are."""
    more = len(labels) - SPELT_OUT
    return ", ".join(labels[:SPELT_OUT]) + (f" and {more} more" if more > 0 else "")
