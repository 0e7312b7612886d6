"""What goes into an expression and comes out of it: how large it is, and as which plain JSON value."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import cel

from workflows.duration import format_duration
from workflows.errors import NotPlain
from workflows.plain import check_text

MAX_ITEMS = 100_000  # values that one expression may be given or return
MAX_TEXT = 4_000_000  # characters, likewise


class Size(NamedTuple):
    """Of a value: how many values it holds, its longest list or map, the characters of its texts."""

    items: int
    width: int
    text: int


def measure(value: Any) -> Size:
    """Return the size of `value`.

    Raises:
        NotPlain: it is larger than an expression may be given.
    """
    items = width = text = 0
    stack = [value]
    while stack:
        part = stack.pop()
        items += 1
        if isinstance(part, str):
            text += len(part)
        elif isinstance(part, dict):
            width = max(width, len(part))
            stack.extend(part.values())
        elif isinstance(part, list | tuple):
            width = max(width, len(part))
            stack.extend(part)
        if items > MAX_ITEMS or text > MAX_TEXT:
            raise NotPlain((), f"too large: over {MAX_ITEMS:,} values or {MAX_TEXT:,} characters")
    return Size(items, width, text)


def as_plain(value: Any) -> Any:
    """Return a result of CEL or of a task as a plain JSON value.

    Aware times become ISO 8601 text in UTC (`2026-11-20T09:00:00Z`), durations their canonical text (`1h30m`),
    optional values what they hold or None, tuples lists; UUIDs, decimals, dates and the whole numbers among keys
    become text.

    Raises:
        NotPlain: it holds anything else, NaN, a character that cannot be stored, or itself.
    """
    try:
        return _as_plain(value)
    except RecursionError:
        raise NotPlain((), "it is nested too deep, or holds itself") from None


def _as_plain(value: Any) -> Any:
    for kind in type(value).__mro__:
        if convert := _CONVERSIONS.get(kind):
            return convert(value)
    raise NotPlain((), f"a {type(value).__name__} is not a JSON value")


def _same(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    check_text(value)
    return str(value)


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise NotPlain((), "NaN and infinity are not JSON")
    return float(value)


def _time(value: datetime) -> str:
    aware = value if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def _list(value: list[Any]) -> list[Any]:
    return [_as_plain(part) for part in value]


def _dict(value: dict[Any, Any]) -> dict[str, Any]:
    return {_key(key): _as_plain(part) for key, part in value.items()}


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _text(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    raise NotPlain((), f"the key {key!r:.40} is not text")


def _optional(value: cel.OptionalValue) -> Any:
    return _as_plain(value.value()) if value.has_value() else None


_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    type(None): _same,
    bool: _same,
    int: int,
    str: _text,
    float: _number,
    list: _list,
    tuple: _list,
    dict: _dict,
    datetime: _time,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: format_duration,
    UUID: str,
    Decimal: str,
    cel.OptionalValue: _optional,
}
