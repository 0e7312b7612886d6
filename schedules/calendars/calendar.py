"""A calendar: named by whoever stores it, a list of entries that exclude local time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from schedules.calendars import dates, instants, public_holidays, weekly, written, yearly
from schedules.calendars.entry import Entry, ExcludedRange
from schedules.calendars.errors import InvalidCalendar

MOST_ENTRIES = 50
LONGEST_PREVIEW = 366  # days
MOST_RANGES = 1000  # in a preview


@dataclass(frozen=True)
class Calendar:
    """Excludes what any of its entries excludes."""

    entries: tuple[Entry, ...] = ()

    def excludes(self, local: datetime, at: datetime) -> str | None:
        """Return in plain words why a nominal time is excluded, or None.

        Args:
            local: its wall-clock time in the zone of the schedule, without zone.
            at: the same as an aware instant.
        """
        for entry in self.entries:
            reason = entry.excludes(local, at)
            if reason is not None:
                return reason
        return None


@dataclass(frozen=True)
class Kind:
    """How one kind of entry is stored.

    Attributes:
        from_dict: reads the JSON; takes its path as keyword `path`.
        to_dict: writes the JSON, without `kind`.
    """

    entry: type
    from_dict: Callable[..., Entry]
    to_dict: Callable[[Any], dict[str, Any]]


KINDS: dict[str, Kind] = {
    "holidays": Kind(public_holidays.PublicHolidays, public_holidays.from_dict, public_holidays.to_dict),
    "dates": Kind(dates.Dates, dates.from_dict, dates.to_dict),
    "yearly": Kind(yearly.Yearly, yearly.from_dict, yearly.to_dict),
    "weekly": Kind(weekly.Weekly, weekly.from_dict, weekly.to_dict),
    "instants": Kind(instants.Instants, instants.from_dict, instants.to_dict),
}


def calendar_from_list(data: object) -> Calendar:
    """Read a calendar from its JSON, `[{"kind": str, ...}, ...]` with the keys of each kind.

    Raises:
        InvalidCalendar: naming the path below `entries`; tell the author of the calendar.
    """
    if not isinstance(data, list) or len(data) > MOST_ENTRIES:
        raise InvalidCalendar("entries", f"write a list of at most {MOST_ENTRIES} entries")
    return Calendar(tuple(_entry(item, f"entries[{index}]") for index, item in enumerate(data)))


def _entry(data: object, path: str) -> Entry:
    if not isinstance(data, dict) or data.get("kind") not in list(KINDS):
        raise InvalidCalendar(f"{path}.kind", f"write an object whose 'kind' is one of {', '.join(KINDS)}")
    return KINDS[data["kind"]].from_dict(data, path=path)


def calendar_to_list(calendar: Calendar) -> list[dict[str, Any]]:
    """Return the JSON from which `calendar_from_list` makes `calendar` again."""
    return [_written(entry) for entry in calendar.entries]


def _written(entry: Entry) -> dict[str, Any]:
    name = next(name for name, kind in KINDS.items() if isinstance(entry, kind.entry))
    return {"kind": name, **KINDS[name].to_dict(entry)}


def describe(calendar: Calendar) -> str:
    """Return in one sentence what a calendar excludes."""
    return "Excludes " + ("; ".join(entry.describe() for entry in calendar.entries) or "nothing") + "."


def preview(calendar: Calendar, *, zone: ZoneInfo, from_date: date, days: int) -> list[ExcludedRange]:
    """Return what a calendar excludes on some local days, by start, at most 1,000 ranges.

    Ranges of one entry that meet and have one reason are one. Ranges of two entries may overlap.

    Raises:
        InvalidCalendar: naming `from_date` or `days`; tell whoever asked.
    """
    written.within_years(from_date, "from_date")
    if not 1 <= days <= LONGEST_PREVIEW:
        raise InvalidCalendar("days", f"write a number of days from 1 to {LONGEST_PREVIEW}")
    start = datetime.combine(from_date, time())
    end = start + timedelta(days=days)
    last = from_date + timedelta(days=days - 1)
    found = (entry.ranges(first=from_date, last=last, zone=zone) for entry in calendar.entries)
    joined = chain.from_iterable(_joined(ranges, start=start, end=end) for ranges in found)
    return sorted(joined, key=lambda excluded: excluded.start)[:MOST_RANGES]


def _joined(ranges: Iterator[ExcludedRange], *, start: datetime, end: datetime) -> Iterator[ExcludedRange]:
    """Yield the parts of the ranges within [start, end), those that meet as one."""
    held: ExcludedRange | None = None
    for excluded in ranges:
        part = ExcludedRange(max(excluded.start, start), min(excluded.end, end), excluded.reason)
        if part.start >= part.end:
            continue
        if held and (held.end, held.reason) == (part.start, part.reason):
            held = ExcludedRange(held.start, part.end, part.reason)
            continue
        if held:
            yield held
        held = part
    if held:
        yield held
