"""A body that is too large, too slow or malformed ends before the application sees it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from scheduler_project.bodies import SMALL_BYTES, BoundedBodies
from tests.scheduler_project.serving import (
    WAIT_SECONDS,
    Connect,
    all_of,
    ask,
    first_of,
    serving,
    status_and_code,
)

POST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MAX_BYTES = 100
SECONDS = 0.3
LARGE = 2 * SMALL_BYTES

Serve = Callable[..., Connect]


class Echo:
    """An application that answers with the body, and remembers what it was sent."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.messages.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.messages[-1]["body"]})


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an application behind the bounds."""
    with ExitStack() as stack:

        def serve(
            application: Any, *, seconds: float = WAIT_SECONDS, max_bytes: int = MAX_BYTES, **bounds: int
        ) -> Connect:
            bounded = BoundedBodies(application, max_bytes=max_bytes, seconds=seconds, **bounds)
            return stack.enter_context(serving(bounded, ws="none"))

        yield serve


def with_length(length: int) -> bytes:
    return POST + b"Content-Length: %d\r\n\r\n" % length


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


@pytest.mark.parametrize(
    "parts",
    [
        (with_length(MAX_BYTES), b"x" * 60, b"x" * 40),
        (CHUNKED, chunk(b"x" * 60), chunk(b"x" * 40), b"0\r\n\r\n"),
    ],
)
def test_a_body_within_the_bound_arrives_in_one_piece(serve: Serve, echo: Echo, parts: tuple[bytes, ...]):
    answer = ask(serve(echo)(), *parts)

    assert b"x" * MAX_BYTES in answer
    assert echo.messages == [{"type": "http.request", "body": b"x" * MAX_BYTES, "more_body": False}]


def test_a_request_without_a_body_passes(serve: Serve, echo: Echo):
    assert b"200 OK" in ask(serve(echo)(), POST + b"\r\n")


@pytest.mark.parametrize("length", [b"101", b"9" * 19, b"9" * 5000], ids=len)
def test_a_length_over_the_bound_is_refused_before_a_byte_is_sent(echo: Echo, length: bytes):
    answer = asyncio.run(answered(echo, content_length=length))

    assert (answer["status"], echo.messages) == (413, [])


@pytest.mark.parametrize("value", [b"", b"abc", b"-1", b"+1", b"1_0", b"1.0", b"\xb2", b"1, 1"])
def test_a_length_that_is_no_number_is_refused(echo: Echo, value: bytes):
    answer = asyncio.run(answered(echo, content_length=value))

    assert (answer["status"], echo.messages) == (400, [])


async def answered(application: Any, *, content_length: bytes) -> Any:
    """Return how the answer begins that a client gets which sends no body; some servers check lengths themselves."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"content-length", content_length)]}
    await BoundedBodies(application, max_bytes=MAX_BYTES, seconds=SECONDS)(scope, receive, send)
    return sent[0]


def test_the_answer_to_a_length_over_the_bound_comes_at_once(serve: Serve, echo: Echo):
    expecting = POST + b"Expect: 100-continue\r\nContent-Length: 101\r\n\r\n"

    with serve(echo)() as connection:
        connection.sendall(expecting)
        answer = first_of(connection)

    assert b"100 Continue" not in answer
    assert status_and_code(answer) == (413, "too_large")


def test_chunks_over_the_bound_are_refused(serve: Serve, echo: Echo):
    answer = ask(serve(echo)(), CHUNKED, chunk(b"x" * 60), chunk(b"x" * 41), b"0\r\n\r\n")

    assert status_and_code(answer) == (413, "too_large")
    assert echo.messages == []


def test_a_client_that_reads_last_gets_the_refusal_and_no_reset(serve: Serve, echo: Echo):
    size = 4 * 1024 * 1024

    answer = ask(serve(echo)(), with_length(size), b"x" * size)

    assert status_and_code(answer) == (413, "too_large")


@pytest.mark.parametrize("parts", [(with_length(10), b"x"), (CHUNKED, chunk(b"x"))])
def test_a_body_that_does_not_arrive_in_time_is_refused(serve: Serve, echo: Echo, parts: tuple[bytes, ...]):
    answer = ask(serve(echo, seconds=SECONDS)(), *parts)

    assert status_and_code(answer) == (408, "too_slow")
    assert echo.messages == []


def test_a_body_that_trickles_is_slow_in_total(serve: Serve, echo: Echo):
    with serve(echo, seconds=SECONDS)() as connection:
        connection.sendall(CHUNKED)
        connection.settimeout(SECONDS / 3)
        answer = b""
        while not answer:
            try:
                answer = first_of(connection)
            except TimeoutError:
                connection.sendall(chunk(b"x"))

    assert status_and_code(answer) == (408, "too_slow")


async def while_another_holds_all(application: Any, *, size: int) -> Any:
    """Return how the answer to a body begins while another one, which never ends, holds all that large ones may."""
    held, sent = asyncio.Event(), []

    async def endless() -> Any:
        if held.is_set():
            await asyncio.Event().wait()
        held.set()
        return {"type": "http.request", "body": b"x" * (LARGE - 1), "more_body": True}

    async def whole() -> Any:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    bounded = BoundedBodies(application, max_bytes=LARGE, seconds=60, max_held_bytes=LARGE - SMALL_BYTES)
    slow = asyncio.create_task(bounded({"type": "http", "headers": []}, endless, send))
    await held.wait()
    await bounded({"type": "http", "headers": []}, whole, send)
    slow.cancel()
    return sent[0]


def test_clients_that_never_end_their_bodies_cannot_fill_the_memory(echo: Echo):
    begun = asyncio.run(while_another_holds_all(echo, size=LARGE))

    assert (begun["status"], dict(begun["headers"])[b"retry-after"]) == (503, b"1")
    assert echo.messages == []


def test_a_small_body_passes_while_others_hold_all_that_large_ones_may(echo: Echo):
    begun = asyncio.run(while_another_holds_all(echo, size=SMALL_BYTES))

    assert begun["status"] == 200


def test_a_body_that_was_answered_or_given_up_makes_room(serve: Serve, echo: Echo):
    connect = serve(echo, seconds=SECONDS, max_bytes=LARGE, max_held_bytes=LARGE - SMALL_BYTES)

    given_up = ask(connect(), with_length(LARGE), b"x" * (LARGE - 1))
    answers = [ask(connect(), with_length(LARGE), b"x" * LARGE) for _ in range(3)]

    assert status_and_code(given_up) == (408, "too_slow")
    assert all(b"200 OK" in answer for answer in answers)


def test_a_client_that_leaves_while_it_sends_is_no_error(serve: Serve, echo: Echo, caplog):
    connect = serve(echo)

    with connect() as connection:
        connection.sendall(with_length(10) + b"x")
    after = ask(connect(), POST + b"\r\n")

    assert b"200 OK" in after
    assert len(echo.messages) == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_an_answer_is_streamed(serve: Serve):
    go_on = threading.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.to_thread(go_on.wait, WAIT_SECONDS)
        await send({"type": "http.response.body", "body": b"second"})

    with serve(stream)() as connection:
        connection.sendall(POST + b"\r\n")
        first = b""
        while b"first" not in first:
            first += connection.recv(65536)
        go_on.set()

        assert b"second" in all_of(connection)


def test_an_application_hears_that_its_client_has_left(serve: Serve):
    heard: list[str] = []
    left = threading.Event()

    async def listen(scope: Any, receive: Any, send: Any) -> None:
        heard.extend([(await receive())["type"], (await receive())["type"]])
        left.set()

    with serve(listen)() as connection:
        connection.sendall(with_length(1) + b"x")

    assert left.wait(WAIT_SECONDS)
    assert heard == ["http.request", "http.disconnect"]
