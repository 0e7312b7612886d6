"""Bound the body of a request before Django, which first writes all of it to a file, sees any.

The body is read here, in memory, and handed on in one piece. What is too large
or too slow never reaches a view.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SMALL_BYTES = 64 * 1024  # of each body, which are always taken: as much as the server itself reads ahead
MAX_HELD_BYTES = 128 * 1024 * 1024  # of all bodies together beyond that, from whoever
RETRY_SECONDS = 1
LINGER_SECONDS = (
    2.0  # a client that only reads when it has sent everything must not find the connection reset
)


class Refused(Exception):
    """A body that no view will see; the client is told why and the connection ends.

    `more` says that the client may be sending the rest of it.
    """

    def __init__(self, status: int, *, code: str, message: str, more: bool = False) -> None:
        self.status = status
        self.code = code
        self.more = more
        super().__init__(message)


class BoundedBodies:
    """An ASGI application in front of another, for HTTP alone.

    A thousand clients that all but end their bodies would hold gigabytes
    without proving anything: so there is a bound on all bodies together, too.
    Small ones do not count, and pass while others fill it.

    Args:
        max_bytes: of a body; more is answered 413.
        seconds: within which all of it must arrive, or 408 is the answer.
        max_held_bytes: of all bodies, `SMALL_BYTES` of each left out, until they are answered; one that would
            be more is answered 503.
    """

    def __init__(
        self,
        application: Application,
        *,
        max_bytes: int,
        seconds: float,
        max_held_bytes: int = MAX_HELD_BYTES,
    ) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._free_bytes = max_held_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body and pass the request on, or refuse it."""
        try:
            self._check_length(scope["headers"])
            body = await self._read(receive)
        except Refused as refused:
            await _answer(refused, send=send)
            if refused.more:
                await _linger(receive)
            await send({"type": "http.response.body"})
            return
        if body is None:
            return
        try:
            await self._application(scope, _first(body, then=receive), send)
        finally:
            self._free_bytes += _counted(body)

    def _check_length(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            if name.lower() != b"content-length":
                continue
            if not value.isdigit():
                raise Refused(400, code="bad_request", message="Content-Length is no number of bytes")
            # Python refuses to read thousands of digits; so many bytes are too many however they are written.
            if len(value) > 20 or int(value) > self._max_bytes:
                raise self._too_large(more=True)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the body, which counts from now on, or None where the client has gone."""
        body = bytearray()
        is_whole = False
        try:
            async with asyncio.timeout(self._seconds):
                is_whole = await self._fill(body, receive)
        except TimeoutError:
            said = f"the body did not arrive within {self._seconds:g} seconds"
            raise Refused(408, code="too_slow", message=said) from None
        finally:
            if not is_whole:
                self._free_bytes += _counted(body)
                body.clear()  # the traceback of the refusal would keep it while the client is waited for
        return bytes(body) if is_whole else None

    async def _fill(self, body: bytearray, receive: Receive) -> bool:
        """Return whether all of it has come; else the client has gone."""
        while (message := await receive())["type"] == "http.request":
            more = message.get("more_body", False)
            counted = _counted(body)
            body += message.get("body", b"")
            self._free_bytes -= _counted(body) - counted
            if len(body) > self._max_bytes:
                raise self._too_large(more=more)
            if self._free_bytes < 0 and _counted(body):
                said = "too many large bodies at once; send it again later"
                raise Refused(503, code="busy", message=said, more=more)
            if not more:
                return True
        return False

    def _too_large(self, *, more: bool) -> Refused:
        said = f"the body has more than {self._max_bytes:,} bytes"
        return Refused(413, code="too_large", message=said, more=more)


def _counted(body: bytes | bytearray) -> int:
    """Return how many bytes of a body count among those that are held."""
    return max(0, len(body) - SMALL_BYTES)


def _first(body: bytes, *, then: Receive) -> Receive:
    """Return a `receive` that begins with the whole body."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return pending.pop() if pending else await then()

    return receive


async def _answer(refused: Refused, *, send: Send) -> None:
    """Send all of the answer, but not its end: the server closes the connection with that."""
    error = {"code": refused.code, "message": str(refused), "fields": []}
    content = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    if refused.status == 503:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})


async def _linger(receive: Receive) -> None:
    """Drop what the client still sends, for a little while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
