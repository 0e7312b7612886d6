"""Small phrases of descriptions: lists, ordinals, durations, times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def listed(items: Sequence[str], *, last: str = "and") -> str:
    """Return `a`, `a and b` or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def from_end(number: int, noun: str = "") -> str:
    """Return `last` for 1 and `2nd last` for 2, with the noun behind it."""
    counted = "last" if number == 1 else f"{ordinal(number)} last"
    return f"{counted} {noun}".rstrip()


def duration(length: timedelta) -> str:
    """Return `90 minutes`, `1 day`, `1.5 seconds`: the largest unit that leaves nothing over."""
    unit, size = next(((unit, size) for unit, size in UNITS if length % size == timedelta(0)), UNITS[-1])
    count = length / size
    return f"{count:g} {plural(unit, 1 if count == 1 else 2)}" if count < 1e6 else f"{count:.0f} {unit}s"


def time_of_day(offset: timedelta) -> str:
    """Return `09:30`, or `09:30:15` if there are seconds, for the time since midnight."""
    minutes, seconds = divmod(offset // timedelta(seconds=1), 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{clock}:{seconds:02}" if seconds else clock


def local(at: datetime, zone: ZoneInfo) -> str:
    """Return `2026-12-01 09:00`; an instant on the clock of `zone`, with its offset."""
    if at.tzinfo is None:
        return f"{at:%Y-%m-%d} {time_of_day(_since_midnight(at))}"
    here = at.astimezone(zone)
    offset = f"{here:%z}"
    return f"{here:%Y-%m-%d} {time_of_day(_since_midnight(here))} {offset[:3]}:{offset[3:5]}"


def _since_midnight(at: datetime) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
