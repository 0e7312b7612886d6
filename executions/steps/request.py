"""What an `http` step sends, checked here: httpx would put the value of a bad header into its error."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from executions.steps.call import Call

USER_AGENT = "Horarium"
ENCODINGS = "gzip, deflate"  # those that `answer.read` undoes within its bound

FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "upgrade"})  # httpx's to write

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110, 5.6.2
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

Parameters = dict[str, list[str]]


class InvalidRequest(ValueError):
    """The rendered fields make no request; the author of the step must change them. Never shows a value."""


def url_of(text: Any, query: Mapping[str, Any]) -> httpx.URL:
    """Return `text` as a URL with the parameters of `query`, which win over those it has.

    Raises:
        InvalidRequest: it is no URL of http or https, or a parameter is no text, number or list of them.
    """
    if not isinstance(text, str):
        raise InvalidRequest(f"`url` must be text, not {_kind(text)}")
    parameters = _parameters(query)
    try:
        url = httpx.URL(text)
        url = url.copy_merge_params(parameters) if parameters else url
        host = url.host
    except (httpx.InvalidURL, UnicodeError):  # their messages hold parts of it
        raise InvalidRequest("`url` and `query` make no valid URL") from None
    if url.scheme not in {"http", "https"} or not host:
        raise InvalidRequest("`url` must begin with http:// or https:// and name a host")
    return url


def body_of(rendered: Any) -> bytes | None:
    """Return the bytes of a body in compact JSON, or None for none.

    Raises:
        InvalidRequest: it holds what JSON in UTF-8 cannot.
    """
    if rendered is None:
        return None
    try:
        text = json.dumps(rendered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except ValueError:  # its message may hold a part of it
        raise InvalidRequest("`json` holds NaN, an infinity or half of a surrogate pair") from None


def headers_of(
    rendered: Mapping[str, Any], call: Call, *, has_body: bool = False, fixed: Mapping[str, str] | None = None
) -> list[tuple[bytes, bytes]]:
    """Return the headers to send: the rendered ones and, where they name them not, our own.

    Args:
        fixed: those that the step cannot change, nor leave out.

    Raises:
        InvalidRequest: a name or value cannot stand in a header; the error shows the name only.
    """
    ours = {
        "Accept": "*/*",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": ENCODINGS,
        "Idempotency-Key": call.idempotency_key,
        "Horarium-Attempt": str(call.attempt),
    }
    if has_body:
        ours["Content-Type"] = "application/json"
    given = {name: value for name, value in rendered.items() if value is not None}
    always = {"Horarium-Depth": str(call.depth + 1), **(fixed or {})}
    headers = _over(_over(ours, given), always)
    return [_header(name, value) for name, value in headers.items()]


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers of both; of two with one name, whatever its case, that of `above`."""
    taken = {name.lower() for name in above}
    return {name: value for name, value in below.items() if name.lower() not in taken} | dict(above)


def _header(name: str, value: Any) -> tuple[bytes, bytes]:
    if not _NAME.fullmatch(name):
        raise InvalidRequest(f"{name[:100]!r} is not the name of a header")
    if name.lower() in FRAMING:
        raise InvalidRequest(f"header {name!r} follows from the body and the connection; leave it out")
    text = _text(value)
    if text is None:
        raise InvalidRequest(
            f"header {name[:100]!r} must be text, a number or true or false, not {_kind(value)}"
        )
    if _CONTROL.search(text):
        raise InvalidRequest(f"the value of header {name[:100]!r} holds a line break or control character")
    try:
        return name.encode("ascii"), text.strip(" \t").encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidRequest(f"the value of header {name[:100]!r} holds characters beyond Latin-1") from None


def _parameters(query: Mapping[str, Any]) -> Parameters:
    return {name: _parameter(name, value) for name, value in query.items() if value is not None}


def _parameter(name: str, value: Any) -> list[str]:
    texts = []
    for part in value if isinstance(value, list) else [value]:
        if part is None:
            continue
        text = _text(part)
        if text is None:
            raise InvalidRequest(f"query parameter {name[:100]!r} must be text, a number or a list of them")
        texts.append(text)
    return texts


def _text(value: Any) -> str | None:
    """Return a scalar as text, or None for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "a map"
