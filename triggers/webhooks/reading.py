"""The body of a delivery as a JSON value, whatever it was sent as."""

import base64
from typing import Any
from urllib.parse import parse_qs

from organizations import strict_json
from organizations.plain import NotPlain, check_plain, dotted
from triggers.webhooks.errors import InvalidDelivery, MalformedDelivery
from workflows.errors import Problem

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 1_000  # of a form
# Others decode what is no text, or cost more than they should.
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252"})


def media_type_of(content_type: str) -> str:
    """Return a content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def read(body: bytes, *, content_type: str) -> Any:
    """Return a body as filters and mappings see it.

    JSON is what it says; a form an object of texts, a name that repeats a list of
    them; other text a text; anything else its base64.

    Raises:
        MalformedDelivery: it is not what `content_type` says.
        InvalidDelivery: it holds a value that cannot be kept, named by its path.
    """
    try:
        return _value(body, content_type)
    except strict_json.NotJSON as error:
        raise MalformedDelivery(str(error)) from None
    except NotPlain as error:
        path = dotted(error.path).encode(errors="replace").decode()
        raise InvalidDelivery([Problem(path=path, message=error.reason)]) from None


def _value(body: bytes, content_type: str) -> Any:
    media_type = media_type_of(content_type)
    if media_type == "application/json" or media_type.endswith("+json"):
        return strict_json.read(body)
    if media_type == FORM:
        value: Any = _form(body)
    elif media_type.startswith("text/"):
        value = _text(body, content_type)
    else:
        return base64.b64encode(body).decode()
    check_plain(value, max_text=2 * len(body) + 1)
    return value


def _form(body: bytes) -> dict[str, str | list[str]]:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise MalformedDelivery("a form that is not UTF-8") from None
    except ValueError:
        raise MalformedDelivery(f"a form of more than {MAX_FIELDS:,} fields") from None
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def _text(body: bytes, content_type: str) -> str:
    charset = _charset(content_type)
    if charset not in CHARSETS:
        raise MalformedDelivery(f"text in {charset[:40]!r}; send it as UTF-8")
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        raise MalformedDelivery(f"not {charset}") from None


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"
