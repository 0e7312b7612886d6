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

    Args:
        max_bytes: of a body; more is answered 413.
        seconds: within which all of it must arrive, or 408 is the answer.
    """

    def __init__(self, application: Application, *, max_bytes: int, seconds: float) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._seconds = seconds

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
        if body is not None:
            await self._application(scope, _first(body, then=receive), send)

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
        """Return the body, or None where the client has gone."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                while (message := await receive())["type"] == "http.request":
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self._max_bytes:
                        raise self._too_large(more=more)
                    if not more:
                        return bytes(body)
        except TimeoutError:
            said = f"the body did not arrive within {self._seconds:g} seconds"
            raise Refused(408, code="too_slow", message=said) from None
        return None

    def _too_large(self, *, more: bool) -> Refused:
        said = f"the body has more than {self._max_bytes:,} bytes"
        return Refused(413, code="too_large", message=said, more=more)


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
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})


async def _linger(receive: Receive) -> None:
    """Drop what the client still sends, for a little while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
