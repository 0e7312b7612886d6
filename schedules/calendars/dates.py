"""Entries of local dates, each in its own year."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schedules.calendars import written
from schedules.calendars.entry import WholeDays, listed
from schedules.calendars.errors import InvalidCalendar
from schedules.calendars.spans import Spans

Period = tuple[date, date]  # first and last day


@dataclass(frozen=True)
class Dates(WholeDays):
    """Excludes the days of `periods`, both ends inclusive."""

    periods: tuple[Period, ...]
    _spans: Spans = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ranges = ((first.toordinal(), last.toordinal(), _reason(first, last)) for first, last in self.periods)
        object.__setattr__(self, "_spans", Spans(ranges))

    def on(self, day: date) -> str | None:
        return self._spans.label(day.toordinal())

    def describe(self) -> str:
        return listed([_words(*days) for days in self.periods])


def from_dict(data: dict[str, Any], *, path: str) -> Dates:
    """Read `{"dates": ["YYYY-MM-DD" | {"from": "YYYY-MM-DD", "to": "YYYY-MM-DD"}, ...]}`."""
    written.only(data, "kind", "dates", path=path)
    ranges = written.spans(data.get("dates"), path=f"{path}.dates", read=written.day)
    for index, (first, last) in enumerate(ranges):
        if last < first:
            raise InvalidCalendar(
                f"{path}.dates[{index}].to", f"{last} is before {first}; write the later date in 'to'"
            )
    return Dates(ranges)


def to_dict(entry: Dates) -> dict[str, Any]:
    return {"dates": [_written(*days) for days in entry.periods]}


def _written(first: date, last: date) -> str | dict[str, str]:
    return str(first) if first == last else {"from": str(first), "to": str(last)}


def _words(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _reason(first: date, last: date) -> str:
    return ("date " if first == last else "dates ") + _words(first, last)
