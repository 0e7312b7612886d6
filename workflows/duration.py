"""Durations as people write them: `1500ms`, `10s`, `1h30m`, `2d`, `PT10S`, or a number of seconds."""

import re
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

LONGEST = timedelta(days=3660)  # ten years: anything longer is a slip of the pen

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}  # milliseconds
_NUMBER = r"\d{1,15}(?:\.\d{1,9})?"
_SHORT = re.compile(rf"(?:{_NUMBER}(?:ms|[dhms]))+", re.ASCII)
_PART = re.compile(rf"({_NUMBER})(ms|[dhms])", re.ASCII)
_ISO = re.compile(
    rf"P(?!$)(?:({_NUMBER})W)?(?:({_NUMBER})D)?(?:T(?!$)(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?",
    re.ASCII,
)
_ISO_UNITS = (7 * _UNITS["d"], _UNITS["d"], _UNITS["h"], _UNITS["m"], _UNITS["s"])
_HINT = 'write it like "1500ms", "10s", "1h30m", "2d", "PT10S", or as a number of seconds'


def parse_duration(value: Any) -> timedelta:
    """Return the duration that `value` means, rounded to the millisecond, in [0, LONGEST].

    Args:
        value: text, a number of seconds, or a timedelta.

    Raises:
        ValueError: it is none of these; the message says how to write one.
    """
    milliseconds = _milliseconds(value)
    if not 0 <= milliseconds <= LONGEST / timedelta(milliseconds=1):
        raise ValueError(f"a duration lies between 0 and {LONGEST.days} days")
    return timedelta(milliseconds=round(milliseconds))


def format_duration(duration: timedelta) -> str:
    """Return the canonical text, `1d2h3m4.5s`, `250ms` or `0s`, which parses back to `duration`.

    Exact to the millisecond; a negative one begins with a minus.
    """
    rest = round(duration / timedelta(milliseconds=1))
    if rest < 0:
        return f"-{format_duration(-duration)}"
    if 0 < rest < _UNITS["s"]:
        return f"{rest}ms"

    text = ""
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return text + f"{rest / 1000:g}s" if rest or not text else text


def _milliseconds(value: Any) -> float:
    if isinstance(value, timedelta):
        return value / timedelta(milliseconds=1)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) * 1000
    if isinstance(value, str):
        return _from_text(value.strip())
    raise ValueError(f"not a duration; {_HINT}")


def _from_text(text: str) -> float:
    if re.fullmatch(_NUMBER, text, re.ASCII):
        return float(text) * 1000
    if _SHORT.fullmatch(text):
        return _from_parts(text)
    if match := _ISO.fullmatch(text):
        return sum(
            float(count) * unit for count, unit in zip(match.groups(), _ISO_UNITS, strict=True) if count
        )
    raise ValueError(f"not a duration; {_HINT}")


def _from_parts(text: str) -> float:
    parts = _PART.findall(text)
    if len({unit for _, unit in parts}) < len(parts):
        raise ValueError(f"a unit stands there twice; {_HINT}")
    return sum(float(count) * _UNITS[unit] for count, unit in parts)


Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {"type": ["string", "number"], "description": f"A duration: {_HINT}.", "examples": ["10s", "1h30m"]}
    ),
]
