"""A head that is too slow or too large ends its connection, and nothing else is ended."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect as connect_socket

from scheduler_project.heads import MAX_BESIDE_BYTES, MAX_HEAD_BYTES, BoundedHeads
from tests.scheduler_project.serving import (
    WAIT_SECONDS,
    Connect,
    all_of,
    ask,
    first_of,
    serving,
    status_and_code,
)

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD_SECONDS = 0.3
LONGER = 0.6


class Impatient(BoundedHeads):
    head_seconds = HEAD_SECONDS


class Application:
    """Answers when it is told to, with the names of the headers; echoes on a WebSocket."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (
            self._echo(receive, send) if scope["type"] == "websocket" else self._answer(scope, receive, send)
        )

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await asyncio.to_thread(self.may_answer.wait, WAIT_SECONDS)
        body = b" ".join(name for name, _ in scope["headers"])
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _echo(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def connect(application: Application) -> Iterator[Connect]:
    with serving(application, http=Impatient, ws="websockets-sansio") as connect:
        yield connect


@pytest.mark.parametrize("part", [b"G", b"\r\n", GET, GET + b"X: y"])
def test_a_head_that_does_not_end_is_given_up(connect: Connect, part: bytes):
    assert status_and_code(ask(connect(), part)) == (408, "too_slow")


def test_a_head_that_trickles_is_slow_in_total(connect: Connect):
    with connect() as connection:
        connection.sendall(GET)
        connection.settimeout(HEAD_SECONDS / 3)
        answer = b""
        while not answer:
            try:
                answer = first_of(connection)
            except TimeoutError:
                connection.sendall(b"X: y\r\n")

    assert status_and_code(answer) == (408, "too_slow")


def test_a_connection_on_which_nothing_is_asked_is_closed_without_a_word(connect: Connect):
    assert ask(connect()) == b""


def test_the_next_head_on_a_connection_is_bounded_too(connect: Connect):
    with connect() as connection:
        connection.sendall(GET + b"\r\n")
        first = first_of(connection)
        connection.sendall(b"\r\n")
        second = all_of(connection)

    assert first.startswith(b"HTTP/1.1 200")
    assert status_and_code(second) == (408, "too_slow")


@pytest.mark.parametrize("begin", [b"GET /", GET + b"X: ", GET + b"X"])
def test_a_head_that_is_too_large_is_refused(connect: Connect, begin: bytes):
    assert status_and_code(ask(connect(), begin + b"x" * (MAX_HEAD_BYTES + 1))) == (431, "too_large")


@pytest.mark.parametrize("endless", [b"0\r\nX: ", b"1;"])
def test_what_stands_beside_a_body_is_bounded(connect: Connect, endless: bytes):
    with pytest.raises(ConnectionError):
        ask(connect(), CHUNKED + endless, *[b"x" * MAX_BESIDE_BYTES] * 16)


def test_a_trailer_is_no_header(connect: Connect):
    answer = ask(connect(), CHUNKED, b"1\r\nx\r\n", b"0\r\nX-Organization: other\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"x-organization" not in answer


def test_a_large_body_is_none_of_its_business(connect: Connect):
    size = 4 * MAX_BESIDE_BYTES
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size

    assert ask(connect(), head, b"x" * size).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("next_head", [b"", GET])
def test_an_answer_may_take_longer_than_a_head(connect: Connect, application: Application, next_head: bytes):
    application.may_answer.clear()
    with connect() as connection:
        connection.sendall(GET + b"\r\n" + next_head)
        connection.settimeout(LONGER)
        with pytest.raises(TimeoutError):
            connection.recv(65536)
        application.may_answer.set()
        connection.settimeout(WAIT_SECONDS)

        assert first_of(connection).startswith(b"HTTP/1.1 200")


def test_several_requests_share_a_connection(connect: Connect):
    with connect() as connection:
        for _ in range(3):
            connection.sendall(GET + b"\r\n")
            assert first_of(connection).startswith(b"HTTP/1.1 200")
        connection.sendall((GET + b"\r\n") * 2 + GET + b"Connection: close\r\n\r\n")

        assert all_of(connection).count(b"HTTP/1.1 200") == 3


@pytest.mark.parametrize(
    "header", [b"Content-Length: 2", b"Transfer-Encoding: chunked", b"X: " + b"x" * 10_000]
)
def test_a_websocket_that_cannot_be_does_not_hold_its_connection(connect: Connect, header: bytes):
    asked = GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + header + b"\r\n\r\n"

    assert status_and_code(ask(connect(), asked)) == (400, "bad_request")


def test_a_websocket_stays_open(connect: Connect):
    with connect_socket("ws://x/", sock=connect()) as stream:
        with pytest.raises(TimeoutError):
            stream.recv(timeout=LONGER)
        stream.send("still there")

        assert stream.recv(timeout=WAIT_SECONDS) == "still there"
