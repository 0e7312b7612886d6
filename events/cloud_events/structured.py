"""Structured and batched mode: whole events as JSON, one or a list."""

import binascii
from base64 import b64decode, b64encode
from typing import Any

from events.cloud_events.envelope import Envelope
from events.errors import InvalidEvent

MOST = 1_000  # events of one batch
BASE64 = "not base64; write it with the alphabet A-Z a-z 0-9 + / and its padding"


def read(document: Any, *, depth: int | None) -> Envelope:
    """Return the event that a JSON document is; unset attributes, which are null, are left out.

    Raises:
        InvalidEvent: it is none.
    """
    if not isinstance(document, dict):
        raise InvalidEvent(
            {"": "write one CloudEvent as a JSON object, or several as application/cloudevents-batch+json"}
        )
    attributes = {name: value for name, value in document.items() if value is not None}
    data, encoded = attributes.pop("data", None), attributes.pop("data_base64", None)
    if encoded is not None and data is not None:
        raise InvalidEvent({"data_base64": "write either `data` or `data_base64`"})
    return Envelope(attributes, data=data, data_base64=_canonical(encoded), depth=depth)


def read_batch(document: Any, *, depth: int | None) -> list[Envelope]:
    """Return the events that a JSON document lists.

    Raises:
        InvalidEvent: it is no such list; errors of one event begin with its place, as `[3].id`.
    """
    if not isinstance(document, list):
        raise InvalidEvent({"": "write a JSON list of CloudEvents"})
    if len(document) > MOST:
        raise InvalidEvent({"": f"write at most {MOST:,} events; send the others as another batch"})
    return [_at(place, one, depth=depth) for place, one in enumerate(document)]


def _at(place: int, document: Any, *, depth: int | None) -> Envelope:
    try:
        return read(document, depth=depth)
    except InvalidEvent as error:
        raise error.at(place) from None


def _canonical(encoded: Any) -> str | None:
    if encoded is None:
        return None
    try:
        return b64encode(b64decode(encoded, validate=True)).decode()
    except (TypeError, ValueError, binascii.Error):
        raise InvalidEvent({"data_base64": BASE64}) from None
