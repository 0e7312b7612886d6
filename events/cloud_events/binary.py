"""Binary mode: attributes as headers, the data as the body."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from events.cloud_events.content import content_of
from events.cloud_events.envelope import Envelope
from events.errors import InvalidEvent

PREFIX = "ce-"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


def read(headers: Mapping[str, str], body: bytes, *, content_type: str | None, depth: int | None) -> Envelope:
    """Return the event of a request in binary mode.

    Raises:
        InvalidEvent: a header or the body cannot be read.
    """
    attributes: dict[str, Any] = dict(_attributes(headers))
    if "datacontenttype" in attributes:
        raise InvalidEvent({"datacontenttype": "write it as the header Content-Type, not as one of ce-"})
    if content_type:
        attributes["datacontenttype"] = content_type
    data, data_base64 = content_of(body, content_type=content_type)
    return Envelope(attributes, data=data, data_base64=data_base64, depth=depth)


def is_binary(headers: Mapping[str, str]) -> bool:
    """Return whether headers hold an attribute."""
    return any(name.lower().startswith(PREFIX) for name in headers)


def _attributes(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for header, value in headers.items():
        if header.lower().startswith(PREFIX):
            name = header.lower().removeprefix(PREFIX)
            yield name, _decoded(name, value)


def _decoded(name: str, value: str) -> str:
    """Return what a header says: unquoted, then percent-decoded once (HTTP binding, 3.1.3.2).

    The library does neither unquote nor refuse bytes that are not UTF-8.
    """
    value = value.strip()
    if quoted := _QUOTED.fullmatch(value):
        value = _ESCAPED.sub(r"\1", quoted[1])
    if "%" not in value and value.isascii():
        return value
    try:
        return unquote_to_bytes(value.encode("ascii")).decode()
    except UnicodeError:
        raise InvalidEvent({name: "percent-encode what is not ASCII, as UTF-8"}) from None
