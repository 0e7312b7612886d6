"""The `http` step against a real server on this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from executions.rules.outcomes import Completed, Failed
from executions.steps import Call
from executions.steps.answer import MAX_BODY
from executions.steps.http import run
from workflows.definition import HttpStep, load_definition

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXECUTION = UUID("01890000-0000-7000-8000-000000000000")


class Handler(BaseHTTPRequestHandler):
    """Answers by the path, and writes down what it was asked."""

    seen: list[dict[str, Any]] = []
    hang = threading.Event()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.seen.append({"path": self.path, "headers": dict(self.headers), "body": self.rfile.read(length)})
        if self.path == "/hang":
            self.hang.wait(30)
        status, kind, body = ANSWERS[self.path.partition("?")[0]]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "7")
        self.send_header("Location", "/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the test's output clean."""


ANSWERS = {
    "/json": (200, "application/json", b'{"n": 1, "bad": NaN}'),
    "/text": (200, "text/plain; charset=latin-1", "caf\xe9\x00".encode("latin-1")),
    "/broken": (200, "application/json", b"{not json"),
    "/busy": (503, "text/plain", b"later"),
    "/moved": (302, "text/plain", b""),
    "/large": (200, "text/plain", b"x" * (MAX_BODY + 1)),
    "/hang": (200, "text/plain", b""),
}


@pytest.fixture
def server() -> Iterator[str]:
    Handler.seen = []
    Handler.hang = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        Handler.hang.set()
        httpd.shutdown()
        thread.join()


Send = Callable[..., Any]


@pytest.fixture
def send(server: str) -> Send:
    def send(path: str, *, attempt: int = 1, variables: dict[str, Any] | None = None, **fields: Any) -> Any:
        data = {"id": "call", "kind": "http", "url": server + path, **fields}
        (step,) = load_definition({"steps": [data]}).steps
        assert isinstance(step, HttpStep)
        call = Call(
            execution_id=EXECUTION,
            organization_id=UUID(int=1),
            step_run_id=UUID(int=2),
            step="call",
            attempt=attempt,
            now=NOON,
            resume_at=None,
            created_at=NOON,
            variables=variables or {"input": {}},
        )
        return run(step, call)

    return send


def test_json_comes_back_as_json_without_numbers_that_json_lacks(send: Send) -> None:
    outcome = send("/json")

    assert isinstance(outcome, Completed)
    assert (outcome.output["status"], outcome.output["body"]) == (200, {"n": 1, "bad": None})


def test_text_is_decoded_and_holds_nothing_that_cannot_be_stored(send: Send) -> None:
    assert send("/text").output["body"] == "café�"


def test_an_answer_that_claims_to_be_json_and_is_not_stays_text(send: Send) -> None:
    assert send("/broken").output["body"] == "{not json"


def test_every_attempt_names_the_same_effect(send: Send) -> None:
    send("/json", attempt=1)
    send("/json", attempt=2)

    headers = [request["headers"] for request in Handler.seen]
    assert {header["Idempotency-Key"] for header in headers} == {f"{EXECUTION}:call"}
    assert [header["Horarium-Attempt"] for header in headers] == ["1", "2"]


def test_body_query_and_headers_are_rendered(send: Send) -> None:
    send(
        "/json",
        method="POST",
        json={"n": "${{ input.n }}"},
        query={"q": "${{ input.n + 1 }}"},
        headers={"X-Tenant": "${{ input.tenant }}"},
        variables={"input": {"n": 41, "tenant": "acme"}},
    )

    (request,) = Handler.seen
    assert json.loads(request["body"]) == {"n": 41}
    assert request["path"] == "/json?q=42"
    assert request["headers"]["X-Tenant"] == "acme"


def test_an_unexpected_status_is_a_failure_that_honours_retry_after(send: Send) -> None:
    outcome = send("/busy")

    assert isinstance(outcome, Failed)
    assert (outcome.status, outcome.retry_after) == (503, timedelta(seconds=7))
    assert "503 Service Unavailable" in outcome.error


def test_an_error_of_the_connection_is_known_by_its_bases_too(send: Send) -> None:
    outcome = send("", url="http://127.0.0.1:1/")

    assert (outcome.error_class, outcome.timed_out) == ("ConnectError", False)
    assert "httpx.TransportError" in outcome.error_classes


def test_an_expected_status_is_a_success(send: Send) -> None:
    assert send("/busy", expect=[503]).output["status"] == 503


def test_redirects_are_not_followed(send: Send) -> None:
    assert send("/moved").status == 302
    assert len(Handler.seen) == 1


def test_an_answer_that_is_too_large_is_a_failure(send: Send) -> None:
    assert "larger than" in send("/large").error


def test_a_server_that_hangs_is_given_up_after_the_timeout(send: Send) -> None:
    outcome = send("/hang", timeout="1s")

    assert isinstance(outcome, Failed)
    assert outcome.timed_out


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x?token=secret", "http://user:secret@127.0.0.1:1/x"])
def test_an_error_never_shows_what_a_url_may_hide(send: Send, url: str) -> None:
    outcome = send("", url=url)

    assert isinstance(outcome, Failed)
    assert "secret" not in outcome.error
    assert "127.0.0.1:1/x" in outcome.error
