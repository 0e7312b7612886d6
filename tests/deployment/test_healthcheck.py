"""A container's health check tells a healthy process from one that does not answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scheduler_project import healthcheck
from scheduler_project.embedded.place import free_port


class Answer(BaseHTTPRequestHandler):
    """Answer /healthz as a healthy web process does."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Keep quiet."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_web_process_that_answers_is_healthy(web: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(web.server_port))

    assert healthcheck.main(["web"]) == 0


def test_a_web_process_that_does_not_answer_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(free_port()))

    assert healthcheck.main(["web"]) == 1
    assert "refused" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("", "127.0.0.1"),
        ("*", "127.0.0.1"),
        ("a.example.com, b", "a.example.com"),
        (".example.com", "example.com"),
    ],
)
def test_the_check_asks_for_a_name_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, allowed: str, host: str
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)

    assert healthcheck.allowed_host() == host


def test_another_word_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(["database"]) == 2
    assert "web|beat|worker" in capsys.readouterr().err
