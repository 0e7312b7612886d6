"""Bound the head of a request: uvicorn waits for one without end, and keeps as much of it as comes."""

import asyncio
import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = (
    10.0  # to the empty line, from the beginning of the connection or the first byte after an answer
)
MAX_HEAD_BYTES = 64 * 1024
MAX_BESIDE_BYTES = 1024 * 1024  # of a message without its body: its head, the sizes of chunks, trailers


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol for HTTP, which ends a connection whose head is too slow or too large."""

    head_seconds = HEAD_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._in_head = True
        self._beside_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and end the connection where there is too much of it."""
        if self._in_head and not self._is_answering():
            self._expect_head()
        self._beside_bytes += len(data)
        super().data_received(data)
        if self._beside_bytes > (MAX_HEAD_BYTES if self._in_head else MAX_BESIDE_BYTES):
            self._refuse("431 Request Header Fields Too Large", code="too_large")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; a trailer comes after what would have to know it."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Wait no longer; how long a body may take is for the application to say."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and end it where it was not taken: with a body, or a header that is too long.

        uvicorn would hold it until its client goes.
        """
        super().handle_websocket_upgrade()
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self._refuse("400 Bad Request", code="bad_request")

    def on_body(self, body: bytes) -> None:
        """Count no body: the application does."""
        self._beside_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Let the next head begin."""
        self._in_head = True
        self._beside_bytes = 0
        super().on_message_complete()

    def _is_answering(self) -> bool:
        # Before the first request there is no cycle, whatever its type says.
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._beside_bytes:
            self._refuse("408 Request Timeout", code="too_slow")
        else:  # a browser that connected ahead of need expects no answer to what it never asked
            self.transport.close()

    def _refuse(self, status: str, *, code: str) -> None:
        if self.transport.is_closing():
            return
        if not self._is_answering():  # else it would stand in the middle of another answer
            self.transport.write(_answer(status, code=code))
        self.transport.close()


def _answer(status: str, *, code: str) -> bytes:
    error = {"code": code, "message": f"the head of the request: {status[4:]}", "fields": []}
    body = json.dumps({"error": error}).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"connection: close\r\n\r\n" + body
