"""Reading headers that anybody may have sent: by name in any case, once, and bounded."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from triggers.signature.errors import InvalidSignature, Reason

# Values are str or bytes where a server made them; what else a caller hands over is refused, never an error of ours.
Headers: TypeAlias = Mapping[Any, Any]

MAX_LENGTH = 8192  # characters; as much as servers commonly let one header have
_ID = re.compile(r"[\x20-\x7e]{1,255}")  # what every table and log can keep
_WHITE = " \t\r\n"


def find(headers: Headers, name: str) -> str | None:
    """Return the trimmed value of header `name`; None when it is absent or empty.

    Raises:
        InvalidSignature: the name stands there twice (a proxy might have read the other one), or the value
            is no text or too long.
    """
    values = [value for key, value in headers.items() if _text(key).lower() == name.lower()]
    if len(values) > 1:
        raise InvalidSignature(Reason.MALFORMED, f"the header {name} stands in the request twice")
    if not values or values[0] is None:
        return None
    if not isinstance(values[0], str | bytes) or len(values[0]) > MAX_LENGTH:
        raise InvalidSignature(
            Reason.MALFORMED, f"the header {name} is no text of up to {MAX_LENGTH} characters"
        )
    return _text(values[0]).strip(_WHITE) or None


def need(headers: Headers, name: str) -> str:
    """Return the trimmed value of header `name`, which the scheme cannot do without."""
    value = find(headers, name)
    if value is None:
        raise InvalidSignature(Reason.MISSING_HEADER, f"the header {name} is missing or empty")
    return value


def find_id(headers: Headers, name: str) -> str | None:
    """Return the delivery id in header `name`, if there is one."""
    value = find(headers, name)
    if value is not None and not is_id(value):
        raise InvalidSignature(
            Reason.MALFORMED, f"the header {name} is not an id of up to 255 ASCII characters"
        )
    return value


def is_id(text: str) -> bool:
    """Tell whether `text` can name a delivery: printable ASCII, up to 255 characters, no space around it."""
    return _ID.fullmatch(text) is not None and text == text.strip(_WHITE)


def encoded(text: str) -> bytes:
    """Return `text` as bytes to compare; whatever is not ASCII becomes bytes that no signature has."""
    return text.encode("utf-8", "surrogatepass")


def _text(given: Any) -> str:
    return given.decode("latin-1") if isinstance(given, bytes) else str(given)
