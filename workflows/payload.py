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
MAX_DEPTH = 200  # lists and maps in one another; somewhere above 5,000 the library overflows the stack
TEXT_PER_ITEM = 16  # characters that cost as much to copy or compare as one value does


class Size(NamedTuple):
    """Of a value: how many values it holds, its longest list or map, the characters of its texts."""

    items: int
    width: int
    text: int

    @property
    def weight(self) -> int:
        """Return what it costs to copy or compare all of it, in values."""
        return self.items + self.text // TEXT_PER_ITEM


def measure(value: Any, *, max_items: int = MAX_ITEMS, max_text: int = MAX_TEXT) -> Size:
    """Return the size of `value`.

    Raises:
        NotPlain: it is larger than that, or nested deeper than `MAX_DEPTH`.
    """
    items = width = text = 0
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for part in level:
            if isinstance(part, str):
                text += len(part)
            elif isinstance(part, dict | list | tuple):
                width = max(width, len(part))
                below.extend(part.values() if isinstance(part, dict) else part)
                text += _text_of_keys(part) if isinstance(part, dict) else 0
        items += len(level)
        if items + len(below) > max_items or text > max_text:
            raise NotPlain((), f"too large: over {max_items:,} values or {max_text:,} characters")
        if not below:
            return Size(items, width, text)
        level = below
    raise NotPlain((), f"nested deeper than {MAX_DEPTH} levels")


def _text_of_keys(value: dict[Any, Any]) -> int:
    return sum(len(key) for key in value if isinstance(key, str))


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
