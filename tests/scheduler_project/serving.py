"""uvicorn in a thread, and clients that write bytes."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Thread
from typing import Any

import uvicorn

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n")
WAIT_SECONDS = 10.0  # for what comes at once, on a machine that is busy

Connect = Callable[[], socket.socket]


@contextmanager
def serving(application: Any, **options: Any) -> Iterator[Connect]:
    """Serve `application` while the block runs; yield what opens a connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        config = uvicorn.Config(application, lifespan="off", log_config=None, **options)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield lambda: socket.create_connection(listening.getsockname(), timeout=WAIT_SECONDS)
        finally:
            server.should_exit = True
            thread.join(WAIT_SECONDS)


def all_of(connection: socket.socket) -> bytes:
    """Return what the server says until it closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def first_of(connection: socket.socket) -> bytes:
    """Return one answer that says how long it is, its head as the server wrote it."""
    answer = b""
    while not (length := LENGTH.search(answer)) or len(answer.partition(b"\r\n\r\n")[2]) < int(length[1]):
        part = connection.recv(65536)
        assert part, answer
        answer += part
    return answer


def ask(connection: socket.socket, *parts: bytes) -> bytes:
    """Send all parts, and return what the server says until it closes the connection."""
    with connection:
        for part in parts:
            connection.sendall(part)
        return all_of(connection)


def status_and_code(answer: bytes) -> tuple[int, str]:
    """Return the status of an answer and the code of the error in its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    error = json.loads(body)["error"]
    assert set(error) == {"code", "message", "fields"}
    return int(head.split()[1]), error["code"]
