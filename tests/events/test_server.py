"""The stream as it is served: uvicorn in a process of its own, events from this one."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from organizations.models import Organization
from scheduler_project import processes
from scheduler_project.embedded.place import free_port
from tests.acceptance.processes import eventually
from tests.events.stream import WAIT_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

AppendEvent = Callable[..., None]
IDLE_SECONDS = 6.0  # redis-py's own limit for a silent connection is 5 s


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(port: int, organization: Organization) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the web process as the process table has it, on the test's database."""
    url, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {
        **os.environ,
        "DATABASE_URL": f"{url}/{connection.settings_dict['NAME']}",
        "PORT": str(port),
        **(processes.WEB.environment or {}),
    }
    with subprocess.Popen(processes.command("web", env=environment), env=environment) as process:
        try:
            await_port(port)
            yield process
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)


@pytest.fixture
def open_stream(
    server: "subprocess.Popen[bytes]", port: int, api_key: str
) -> Iterator[Callable[[str], ClientConnection]]:
    with ExitStack() as stack:

        def open_one(query: str = "") -> ClientConnection:
            address = f"ws://127.0.0.1:{port}/ws/v1/events/?{query}"
            headers = {"Authorization": f"Bearer {api_key}"}
            return stack.enter_context(connect(address, additional_headers=headers))

        yield open_one


def await_port(port: int) -> None:
    eventually(lambda: is_open(port), within=3 * WAIT_SECONDS, what="the server listens")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def heard(stream: ClientConnection, timeout: float = WAIT_SECONDS) -> Any:
    return json.loads(stream.recv(timeout=timeout))


def test_a_client_hears_live_and_resumes_without_loss_or_repetition(
    open_stream: Callable[[str], ClientConnection], append_event: AppendEvent
) -> None:
    first = open_stream("")
    after = heard(first)["after"]
    for number in range(3):
        append_event(f"live {number}")
    live = [heard(first) for _ in range(3)]
    first.close()
    for number in range(3):
        append_event(f"missed {number}")

    second = open_stream(f"after={live[-1]['id']}")
    heard(second)
    append_event("live again")
    rest = [heard(second) for _ in range(4)]

    assert after == 0
    assert [message["event"] for message in live] == ["live 0", "live 1", "live 2"]
    assert [message["event"] for message in rest] == ["missed 0", "missed 1", "missed 2", "live again"]


def test_a_silent_stream_stays_open_and_still_hears_hints(
    open_stream: Callable[[str], ClientConnection], append_event: AppendEvent
) -> None:
    stream = open_stream("")
    heard(stream)
    with pytest.raises(TimeoutError):
        heard(stream, timeout=IDLE_SECONDS)

    begin = time.monotonic()
    for number in range(10):
        append_event(str(number))
        assert heard(stream)["event"] == str(number)

    assert time.monotonic() - begin < 5  # hints, not the looks that come every second


def test_a_server_that_is_told_to_stop_closes_its_streams_at_once(
    open_stream: Callable[[str], ClientConnection], server: "subprocess.Popen[bytes]"
) -> None:
    stream = open_stream("")
    heard(stream)

    begin = time.monotonic()
    server.send_signal(signal.SIGTERM)
    with pytest.raises(ConnectionClosed) as closed:
        heard(stream)
    server.wait(WAIT_SECONDS)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in {1001, 1012}
    assert time.monotonic() - begin < 3
