"""Steps that send requests, servers that write down what they were asked, names that lead to them."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any
from uuid import UUID

from executions.steps import Call
from executions.steps.http import run
from workflows.definition import HttpStep, load_definition

Answer = tuple[int, dict[str, str]]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALL = Call(
    execution_id=UUID("01890000-0000-7000-8000-000000000000"),
    organization_id=UUID(int=1),
    step_run_id=UUID(int=2),
    step="call",
    attempt=1,
    now=NOON,
    resume_at=None,
    created_at=NOON,
    variables={"input": {}},
)


def send(url: str, *, call: Call = CALL, **fields: Any) -> Any:
    """Run an `http` step in this process and return its outcome."""
    (step,) = load_definition({"steps": [{"id": "call", "kind": "http", "url": url, **fields}]}).steps
    assert isinstance(step, HttpStep)
    return run(step, call)


@dataclass
class Recorder:
    """What a server was asked: `(method, path, headers by lower-case name, body)`."""

    port: int = 0
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.seen]


@contextmanager
def recording(
    answer: Callable[[str], Answer] = lambda _path: (200, {}),
    *,
    host: str = "127.0.0.1",
    tls: SSLContext | None = None,
) -> Iterator[Recorder]:
    """Run a server that answers each path as `answer` says, without a body."""
    recorder = Recorder()
    server = ThreadingHTTPServer((host, 0), _handler(recorder, answer))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    recorder.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(recorder: Recorder, answer: Callable[[str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            recorder.seen.append((self.command, self.path, headers, body))
            status, given = answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **given}.items():
                self.send_header(name, value)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output clean."""

    return Handler


@dataclass
class Names:
    """Answers for made-up names in the place of the network's: each lookup the next of a name's lists."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    real: Any = socket.getaddrinfo

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        is_number = options.get("flags", 0) & socket.AI_NUMERICHOST
        if is_number or name not in self.answers:
            return self.real(host, port, *args, **options)
        self.asked.append(name)
        lists = self.answers[name]
        addresses = lists.pop(0) if len(lists) > 1 else lists[0]
        return [info for address in addresses for info in self.real(address, port, type=socket.SOCK_STREAM)]
