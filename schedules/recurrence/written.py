"""Values of a rule's JSON, read strictly, with the key named when they are wrong."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.zones import EARLIEST, HORIZON

LONGEST_TIME = 40  # characters; "2026-12-01T09:00:00.000000+00:00" has 32

Choice = TypeVar("Choice", bound=StrEnum)


def only(data: Mapping[str, Any], *keys: str, kind: str = "kind") -> None:
    """Refuse keys beside `kind` and `keys`: a misspelt setting must not be lost."""
    unknown = sorted(str(key) for key in data.keys() - {kind, *keys})
    if unknown:
        raise InvalidRule(unknown[0][:40], f"not a setting of this kind of rule; it has {', '.join(keys)}")


def seconds(key: str, value: object, *, longest: timedelta) -> timedelta:
    """Return a positive number of seconds, at most `longest`, as a duration."""
    limit = longest // timedelta(seconds=1)
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= limit:
        return timedelta(seconds=value)
    raise InvalidRule(key, f"write a number of seconds from 1 to {limit} ({longest.days} days)")


def plain_seconds(duration: timedelta) -> int | float:
    """Return what `seconds` reads as `duration`, whole where it can be."""
    number = duration.total_seconds()
    return int(number) if number.is_integer() else number


def time(key: str, value: object, *, zone: ZoneInfo | None = None) -> datetime:
    """Return a time in ISO 8601; one without offset is local in `zone`, or stays without zone."""
    if not isinstance(value, str) or len(value) > LONGEST_TIME:
        raise InvalidRule(key, "write a time in ISO 8601, such as '2026-12-01T09:00:00'")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidRule(
            key, f"{value!r} is not a time in ISO 8601, such as '2026-12-01T09:00:00'"
        ) from error
    within_bounds(key, at)
    return at.replace(tzinfo=zone) if zone and at.tzinfo is None else at


def instant(key: str, at: datetime) -> datetime:
    """Return an aware time in bounds as UTC."""
    within_bounds(key, at)
    if at.tzinfo is None:
        raise InvalidRule(key, "needs an offset from UTC, such as '2026-12-01T09:00:00+00:00'")
    return at.astimezone(UTC)


def within_bounds(key: str, at: datetime) -> None:
    """Refuse a time outside the years that are searched."""
    if not EARLIEST.year <= at.year < HORIZON.year:
        raise InvalidRule(key, f"the year must be from {EARLIEST.year} to {HORIZON.year - 1}")


def choice(key: str, value: object, choices: type[Choice]) -> Choice:
    """Return the member of `choices` that `value` spells."""
    if type(value) is choices:
        return value
    if not isinstance(value, str) or value not in choices._value2member_map_:
        raise InvalidRule(key, "write " + " or ".join(repr(str(member)) for member in choices))
    return choices(value)
