"""What an `http` step keeps of an answer: bounded while it is read, and never a reason to fail afterwards."""

import json
import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from executions.running.outputs import MAX_BYTES
from workflows.errors import NotPlain
from workflows.plain import check_plain

LONGEST_WAIT = timedelta(days=1)  # that a server may ask for in seconds
MAX_DIGITS = 10  # of those seconds; more are a mistake
MAX_BODY = 900_000  # bytes of an answer that are kept; an output is at most 1 MB

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes neither

Decode = Callable[[bytes, int], bytes]  # some bytes, and how many to give back at most


class BodyTooLarge(Exception):
    """The answer is larger than a step's output may be; let the step ask for less."""


def read(response: httpx.Response) -> bytes:
    """Return the body, decompressed.

    httpx undoes a compression without bound: 64 kB that it reads at once can become 64 GB.

    Raises:
        BodyTooLarge: it is; no more than `MAX_BODY` bytes and one were made of it.
        httpx.HTTPError: the connection broke, or the body is not compressed as it says.
    """
    decode = _decoder(response.headers.get("content-encoding", ""))
    body = bytearray()
    for raw in response.iter_raw():
        body += decode(raw, MAX_BODY + 1 - len(body))
        if len(body) > MAX_BODY:
            raise BodyTooLarge(f"the answer is larger than {MAX_BODY:,} bytes")
    return bytes(body)


def output_of(response: httpx.Response, body: bytes) -> dict[str, Any]:
    """Return `{"status": int, "headers": {str: str}, "body": JSON or text}`.

    JSON that cannot be kept unchanged stays text: too deep, too many values, an integer beyond 64 bits,
    U+0000 or half a surrogate pair in a text.
    """
    text = _text(response, body)
    output = {"status": response.status_code, "headers": dict(response.headers)}
    if "json" in response.headers.get("content-type", "").lower():
        try:
            parsed = {**output, "body": json.loads(text, parse_constant=_no_number)}
            check_plain(parsed, max_text=MAX_BYTES)
        except (NotPlain, ValueError, RecursionError):
            pass
        else:
            return parsed
    return {**output, "body": _UNSTORABLE.sub("\ufffd", text)}


def retry_after(headers: httpx.Headers, *, now: datetime) -> timedelta | None:
    """Return the wait that the server asked for: seconds, or an HTTP date (RFC 9110, 10.2.3).

    A date is compared with the server's own `Date`, so that its clock may be wrong, and with `now` without one.
    """
    asked = headers.get("retry-after", "")
    if asked.isascii() and asked.isdecimal() and len(asked) <= MAX_DIGITS:
        return min(timedelta(seconds=int(asked)), LONGEST_WAIT)
    until = _instant(asked)
    if until is None:
        return None
    return max(until - (_instant(headers.get("date", "")) or now), timedelta(0))


def _instant(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else None


def _decoder(codings: str) -> Decode:
    match [name for name in re.split(r"[\s,]+", codings.lower()) if name not in {"", "identity"}]:
        case ["gzip" | "x-gzip"]:
            return _Inflate(zlib.MAX_WBITS | 16)
        case ["deflate"]:
            return _Inflate(zlib.MAX_WBITS, -zlib.MAX_WBITS)  # some servers leave out the frame of zlib
        case [_, _, *_]:
            raise httpx.DecodingError("the answer is compressed more than once")
        case _:
            return lambda raw, _room: raw


class _Inflate:
    """Decompresses a stream in the first of some formats that its first bytes have."""

    def __init__(self, *window_bits: int) -> None:
        self._decompressors = [zlib.decompressobj(bits) for bits in window_bits]

    def __call__(self, raw: bytes, room: int) -> bytes:
        if self._decompressors[0].eof:  # what follows would be collected in memory
            return b""
        try:
            data = self._decompressors[0].decompress(raw, room)
        except zlib.error as error:
            if len(self._decompressors) > 1:
                del self._decompressors[0]
                return self(raw, room)
            raise httpx.DecodingError(f"the answer is not compressed as it says: {error}") from error
        del self._decompressors[1:]
        return data


def _text(response: httpx.Response, body: bytes) -> str:
    try:
        return body.decode(response.charset_encoding or "utf-8", errors="replace")
    except (LookupError, ValueError):  # a name that Python does not know, or that is no encoding of text
        return body.decode(errors="replace")


def _no_number(_constant: str) -> None:
    """Read NaN and infinities, which JSON does not have, as null."""
