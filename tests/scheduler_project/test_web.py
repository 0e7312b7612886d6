"""The web process as it is started answers whatever bytes it is sent, and never with a bug."""

import socket
from collections.abc import Iterator

import pytest
from django.conf import settings

from scheduler_project.embedded.place import free_port
from tests.acceptance.processes import running
from tests.events.test_server import await_port
from tests.scheduler_project.serving import WAIT_SECONDS, Connect, ask, status_and_code

END = b"Host: localhost\r\nConnection: close\r\n"
POST = b"POST /api/v1/workflows/ HTTP/1.1\r\n" + END
LARGEST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.fixture(scope="module")
def connect(django_db_setup: None) -> Iterator[Connect]:
    port = free_port()
    with running("web", PORT=str(port), HORARIUM_BODY_SECONDS="0.3"):
        await_port(port)
        yield lambda: socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)


def test_a_body_that_is_far_too_large_is_not_waited_for(connect: Connect):
    answer = ask(connect(), POST + b"Content-Length: %d\r\n\r\n" % (2 * LARGEST), b"x" * 2 * LARGEST)

    assert status_and_code(answer) == (413, "too_large")


def test_the_largest_body_reaches_its_view(connect: Connect):
    answer = ask(connect(), POST + b"Content-Length: %d\r\n\r\n" % LARGEST, b" " * LARGEST)

    assert status_and_code(answer) == (401, "not_authenticated")


def test_a_slow_body_is_given_up(connect: Connect):
    assert status_and_code(ask(connect(), POST + b"Content-Length: 9\r\n\r\nx")) == (408, "too_slow")


@pytest.mark.parametrize("length", [b"x", b"-1", b"1, 1", b"1\r\nContent-Length: 2", b"9" * 5000])
def test_a_malformed_length_is_a_bad_request(connect: Connect, length: bytes):
    assert ask(connect(), POST + b"Content-Length: " + length + b"\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "path",
    [
        b"/\xff",
        b"/%ff",
        b"/%00",
        b"/api/v1/workflows/%00/",
        b"/static/%ff",
        b"/api/v1/workflows/?a=\xff",
        b"*",
    ],
)
def test_a_path_of_any_bytes_is_no_bug(connect: Connect, path: bytes):
    assert ask(connect(), b"GET " + path + b" HTTP/1.1\r\n" + END + b"\r\n")[:10] == b"HTTP/1.1 4"


@pytest.mark.parametrize(
    "name", ["X-API-Key", "Authorization", "X-Organization", "Cookie", "Accept", "Origin", "If-Match", "X"]
)
def test_a_header_of_any_bytes_is_no_bug(connect: Connect, name: str):
    header = f"{name}: ".encode() + b'\xff\xfe=\xc3\xa9; sessionid="\xff\xfe\xff\xfe\xff\xfe\xff\xfe"\r\n'

    assert (
        ask(connect(), b"GET /api/v1/workflows/ HTTP/1.1\r\n" + END + header + b"\r\n")[:10] == b"HTTP/1.1 4"
    )
