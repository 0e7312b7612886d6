"""The data of an event that was sent as bytes: what is kept of it."""

from base64 import b64encode
from typing import Any, NamedTuple

from events.errors import InvalidEvent
from organizations import strict_json
from organizations.plain import NotPlain, dotted
from organizations.strict_json import NotJSON

UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


class Content(NamedTuple):
    """JSON or text as `data`, or else bytes as `data_base64`."""

    data: Any = None
    data_base64: str | None = None


def is_json(media_type: str) -> bool:
    """Return whether a media type without its parameters is one of JSON: `*/json` or `*/*+json`."""
    subtype = media_type.partition("/")[2].strip().lower()
    return subtype == "json" or subtype.endswith("+json")


def content_of(body: bytes, *, content_type: str | None) -> Content:
    """Return data as its content type says: JSON read, text decoded, and anything else as it came.

    Without a content type it is JSON where it can be read as such.

    Raises:
        InvalidEvent: it says that it is JSON, and is not.
    """
    if not body:
        return Content()
    media_type, _, parameters = (content_type or "").partition(";")
    if not content_type or is_json(media_type):
        try:
            return Content(data=strict_json.read(body))
        except (NotJSON, NotPlain) as error:
            if content_type:
                raise refused(error) from None
    return _undeclared(body, charset=_charset(parameters))


def refused(error: NotJSON | NotPlain, *, at: str = "data") -> InvalidEvent:
    """Return the refusal of a value that is no JSON or cannot be stored, and where it stands."""
    path = dotted(error.path, start=at) if isinstance(error, NotPlain) else at
    return InvalidEvent({path.encode(errors="replace").decode(): str(error)})


def _undeclared(body: bytes, *, charset: str) -> Content:
    if charset in UTF_8 or body.isascii():
        try:
            text = body.decode()
        except UnicodeDecodeError:
            pass
        else:
            if "\0" not in text:
                return Content(data=text)
    return Content(data_base64=b64encode(body).decode())


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""
