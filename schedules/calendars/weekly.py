"""Entries of weekdays, whole or between two times of day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from schedules.calendars import written
from schedules.calendars.entry import DAY, ExcludedRange, days
from schedules.calendars.errors import InvalidCalendar

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")  # as date.weekday() counts
MIDNIGHT = time()


@dataclass(frozen=True)
class Weekly:
    """Excludes from `start` to before `end`, local time, on the weekdays that start so.

    An end not later than the start is on the next day. Both at midnight are the whole day.
    """

    weekdays: tuple[int, ...]
    start: time = MIDNIGHT
    end: time = MIDNIGHT
    label: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"weekly {_words(self)}")

    def excludes(self, local: datetime, at: datetime) -> str | None:  # noqa: ARG002 - goes by local time
        clock = local.time()
        if self.end > self.start:
            excluded = self.start <= clock < self.end and local.weekday() in self.weekdays
        else:
            begun = clock >= self.start and local.weekday() in self.weekdays
            excluded = begun or (clock < self.end and (local.weekday() - 1) % 7 in self.weekdays)
        return self.label if excluded else None

    def touches(self, day: date) -> bool:
        weekday = day.weekday()
        lasts = MIDNIGHT < self.end <= self.start  # past midnight, into the next day
        return weekday in self.weekdays or (lasts and (weekday - 1) % 7 in self.weekdays)

    def ranges(self, *, first: date, last: date, zone: ZoneInfo) -> Iterator[ExcludedRange]:  # noqa: ARG002
        for day in days(first - DAY, last):
            if day.weekday() in self.weekdays:
                end = datetime.combine(day, self.end)
                end = end if self.end > self.start else end + DAY
                yield ExcludedRange(datetime.combine(day, self.start), end, self.label)

    def describe(self) -> str:
        return _words(self)


def from_dict(data: dict[str, Any], *, path: str) -> Weekly:
    """Read `{"days": ["MON" ... "SUN"], "from": "HH:MM", "to": "HH:MM"}`; without times whole days."""
    written.only(data, "kind", "days", "from", "to", path=path)
    names = written.items(data.get("days"), path=f"{path}.days", most=len(WEEKDAYS))
    chosen = {_weekday(name, f"{path}.days[{index}]") for index, name in enumerate(names)}
    if "from" not in data and "to" not in data:
        return Weekly(tuple(sorted(chosen)))
    for key, other in (("from", "to"), ("to", "from")):
        if data.get(key) is None:
            raise InvalidCalendar(
                f"{path}.{key}", f"missing beside {other!r}; write both, or neither for whole days"
            )
    start = written.clock(data.get("from"), f"{path}.from")
    end = written.clock(data.get("to"), f"{path}.to")
    if start == end:
        raise InvalidCalendar(f"{path}.to", "the same time as 'from'; for whole days leave out both")
    return Weekly(tuple(sorted(chosen)), start, end)


def to_dict(entry: Weekly) -> dict[str, Any]:
    names = [WEEKDAYS[weekday] for weekday in entry.weekdays]
    if entry.start == entry.end:
        return {"days": names}
    return {"days": names, "from": _clock(entry.start), "to": _clock(entry.end)}


def _weekday(name: object, path: str) -> int:
    if not isinstance(name, str) or name not in WEEKDAYS:
        raise InvalidCalendar(path, f"{written.shown(name)} is not a weekday; write {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(name)


def _words(entry: Weekly) -> str:
    names = ",".join(WEEKDAYS[weekday] for weekday in entry.weekdays)
    return names if entry.start == entry.end else f"{names} {_clock(entry.start)}-{_clock(entry.end)}"


def _clock(at: time) -> str:
    return at.isoformat("seconds" if at.second else "minutes")
