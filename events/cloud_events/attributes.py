"""What the attributes of a CloudEvent may say.

Source: the specification 1.0.2, "Type System" and "Context Attributes"; RFC
3986 for URIs, RFC 3339 for times, RFC 2046 for media types.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from events.models import TEXT
from events.reserved import OUR_SOURCE, reserved_prefix

LEAST, MOST = -(2**31), 2**31 - 1  # an Integer
LONGEST = 256_000  # characters of any attribute: an event that is kept has as many bytes in all
ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)

# Control characters, halves of surrogate pairs, and what Unicode calls noncharacters.
_NOT_TEXT = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr((plane << 16) + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_IN_URI = r"(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=\[\]]|%[0-9A-Fa-f]{2})*"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:{_IN_URI}(?:#{_IN_URI})?")
_RELATIVE = re.compile(rf"(?![^/?#]*:){_IN_URI}(?:#{_IN_URI})?")
_TOKEN = r"[A-Za-z0-9!#$&^_.+\-]+"  # noqa: S105 - of a media type
_PARAMETER = rf'{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\]|\\.)*")'
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}[ \t]*(?:;[ \t]*(?:{_PARAMETER}[ \t]*)?)*")
_NAME = re.compile(r"[a-z0-9]+")
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,6})\d*)?(?:[Zz]|([+-]\d\d:\d\d))", re.ASCII
)

NAME = "an attribute's name has only the letters a to z and digits"
EXTENSION = "write text, true, false or a whole number of 32 bits"
CHARACTERS = "holds control characters; write text without them"
TIME = "write a time of RFC 3339 with its offset from UTC, such as 2026-12-01T09:00:00Z"
REMEDIES: Mapping[str, str] = {
    "specversion": 'write "1.0"',
    "id": "write text that is unique at the source",
    "source": "write where it happened, as a URI or a path such as /shop",
    "type": "write what happened, such as order.paid",
    "subject": "write text, or leave it out",
    "datacontenttype": "write a media type such as application/json, or leave it out",
    "dataschema": "write a URI such as https://example.com/order.json, or leave it out",
    "data": "an extension cannot have this name",
}


def remedy(name: str, value: Any) -> str:
    """Return what to write instead of a value that the library refuses."""
    if name == "specversion" and isinstance(value, str) and value:
        return f"{value[:20]!r} is not taken; {REMEDIES['specversion']}"
    if name not in REMEDIES:
        return NAME
    is_missing = value is None or value == ""
    return f"missing or empty; {REMEDIES[name]}" if is_missing else REMEDIES[name]


def fault(name: str, value: Any) -> str | None:
    """Return what is wrong with an attribute that the library lets pass, or None."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"write at most {LONGEST:,} characters"
    if isinstance(value, str) and _NOT_TEXT.search(value):
        return CHARACTERS
    if not _NAME.fullmatch(name):  # the library overlooks a newline at the end
        return NAME
    return RULES.get(name, _extension)(value)


def instant(text: Any) -> tuple[datetime | None, str | None]:
    """Return a time in UTC, cut to microseconds, or else what to write instead."""
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None, TIME
    date, minute, second, fraction, offset = match.groups()
    is_leap = second == "60"  # which Python does not know: it is the second that follows
    written = f"{date}T{minute}:{'59' if is_leap else second}.{fraction or 0:0<6}{offset or '+00:00'}"
    try:
        return (datetime.fromisoformat(written) + timedelta(seconds=is_leap)).astimezone(UTC), None
    except (ValueError, OverflowError):
        return None, TIME


def _specversion(value: str) -> str | None:
    del value  # the library knows
    return None


def _short(value: str) -> str | None:
    return None if len(value) <= TEXT else f"write at most {TEXT} characters"


def _type(value: str) -> str | None:
    if prefix := reserved_prefix(value):
        return f"types that begin with {prefix} are Horarium's own; choose another"
    return _short(value)


def _source(value: str) -> str | None:
    if value == OUR_SOURCE:
        return f"{value} is Horarium's own; choose another"
    if problem := _short(value):  # before a pattern is held against megabytes
        return problem
    is_reference = _URI.fullmatch(value) or _RELATIVE.fullmatch(value)
    return None if is_reference else "not a URI reference; percent-encode what a URI cannot hold"


def _datacontenttype(value: str) -> str | None:
    return None if _MEDIA_TYPE.fullmatch(value) else REMEDIES["datacontenttype"]


def _dataschema(value: str) -> str | None:
    return None if _URI.fullmatch(value) else REMEDIES["dataschema"]


def _extension(value: Any) -> str | None:
    if isinstance(value, bool | str):
        return None
    return None if isinstance(value, int) and LEAST <= value <= MOST else EXTENSION


def _time(value: Any) -> str | None:
    del value  # see `instant`
    return None


RULES: Mapping[str, Callable[[Any], str | None]] = {
    "specversion": _specversion,
    "id": _short,
    "source": _source,
    "type": _type,
    "subject": _short,
    "datacontenttype": _datacontenttype,
    "dataschema": _dataschema,
    "time": _time,
}
