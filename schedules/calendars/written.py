"""Values of a calendar's JSON, read strictly, with their path named when they are wrong."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from schedules.calendars.errors import InvalidCalendar

YEARS = range(1970, 2200)
MOST_DATES = 1000  # per entry; more is a list that wants to be a range or a rule
LONGEST_TIME = 40  # characters; "2026-12-01T09:00:00.000000+00:00" has 32
SHOWN = 40  # characters of a wrong value that a message repeats

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")

Point = TypeVar("Point")


def only(data: dict[str, Any], *keys: str, path: str) -> None:
    """Refuse keys beside `keys`: a misspelt setting must not be lost."""
    unknown = sorted(str(key) for key in data.keys() - set(keys))
    if unknown:
        raise InvalidCalendar(
            f"{path}.{unknown[0][:SHOWN]}", f"not a setting here; write only {', '.join(keys)}"
        )


def items(value: object, *, path: str, most: int) -> list[Any]:
    """Return a list that has something in it, but not too much."""
    if isinstance(value, list) and 1 <= len(value) <= most:
        return value
    wanted = f"write a list of 1 to {most} values"
    raise InvalidCalendar(path, f"missing; {wanted}" if value is None else wanted)


def spans(
    value: object, *, path: str, read: Callable[[object, str], Point]
) -> tuple[tuple[Point, Point], ...]:
    """Return the first and last point of each item: a point, or `{"from": point, "to": point}`."""
    written = items(value, path=path, most=MOST_DATES)
    return tuple(_span(item, f"{path}[{index}]", read=read) for index, item in enumerate(written))


def _span(item: object, path: str, *, read: Callable[[object, str], Point]) -> tuple[Point, Point]:
    if not isinstance(item, dict):
        point = read(item, path)
        return point, point
    only(item, "from", "to", path=path)
    return read(item.get("from"), f"{path}.from"), read(item.get("to"), f"{path}.to")


def day(value: object, path: str) -> date:
    """Return a date written `YYYY-MM-DD`."""
    present(value, path, wanted="a date such as '2026-12-24'")
    if not isinstance(value, str) or not DATE.fullmatch(value):
        raise InvalidCalendar(path, f"{shown(value)} is not a date; write one such as '2026-12-24'")
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise InvalidCalendar(path, f"{value!r} is no day of the calendar; correct it") from error
    within_years(found, path)
    return found


def clock(value: object, path: str) -> time:
    """Return a time of day written `HH:MM` or `HH:MM:SS`."""
    present(value, path, wanted="a time of day from '00:00' to '23:59'")
    if isinstance(value, str) and CLOCK.fullmatch(value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass  # 24:00 and 12:60 look like a time of day; they get the same answer
    raise InvalidCalendar(path, f"{shown(value)} is not a time of day; write one from '00:00' to '23:59'")


def instant(value: object, path: str) -> datetime:
    """Return a time in ISO 8601 with an offset, as UTC."""
    present(value, path, wanted="a time in ISO 8601, such as '2026-12-01T09:00:00+00:00'")
    if not isinstance(value, str) or len(value) > LONGEST_TIME:
        raise InvalidCalendar(path, "write a time in ISO 8601, such as '2026-12-01T09:00:00+00:00'")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidCalendar(
            path, f"{value!r} is not a time in ISO 8601, such as '2026-12-01T09:00:00+00:00'"
        ) from error
    if at.tzinfo is None:
        raise InvalidCalendar(path, "needs an offset from UTC, such as '2026-12-01T09:00:00+00:00'")
    within_years(at, path)
    within_years(at.astimezone(UTC), path)
    return at.astimezone(UTC)


def within_years(day: date, path: str) -> None:
    """Refuse a date, or a time, in a year that no schedule searches."""
    if day.year not in YEARS:
        raise InvalidCalendar(path, f"the year must be from {YEARS[0]} to {YEARS[-1]}")


def present(value: object, path: str, *, wanted: str) -> None:
    """Refuse a key that is not there."""
    if value is None:
        raise InvalidCalendar(path, f"missing; write {wanted}")


def shown(value: object) -> str:
    """Return a wrong value as a message repeats it."""
    return "nothing" if value is None else repr(value)[:SHOWN]
