"""Redirects: where they may lead, and what goes along."""

from collections.abc import Callable

import pytest

from executions.outgoing.redirects import MOST
from tests.executions.outgoing import CALL, Answer, recording, send


def to(url: str, *, status: int = 302) -> Callable[[str], Answer]:
    return lambda path: (200, {}) if path == "/end" else (status, {"Location": url})


def test_redirects_are_followed_where_the_step_says_so() -> None:
    with recording(to("/end")) as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", follow_redirects=True)

    assert outcome.output["status"] == 200
    assert server.paths == ["/", "/end"]


@pytest.mark.parametrize(
    "place", ["http://127.0.0.2/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest"]
)
def test_a_redirect_to_a_refused_address_is_not_followed(place: str) -> None:
    with recording(to(place)) as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", follow_redirects=True)

    assert (outcome.error_class, outcome.is_final) == ("ForbiddenAddress", True)
    assert server.paths == ["/"]


@pytest.mark.parametrize("place", ["http://127.0.0.2/", "http://127.0.0.1:1/"])
def test_after_a_redirect_nobody_knows_what_the_first_request_has_done(place: str) -> None:
    with recording(to(place, status=303)) as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", method="POST", follow_redirects=True)

    assert outcome.was_interrupted


def test_a_redirect_that_never_ends_is_given_up() -> None:
    with recording(to("/again")) as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", follow_redirects=True)

    assert (outcome.error_class, len(server.seen)) == ("TooManyRedirects", 1 + MOST)
    assert f"redirected more than {MOST} times" in outcome.error


@pytest.mark.parametrize(
    "place", ["ftp://127.0.0.1/", "file:///etc/passwd", "ws://127.0.0.1/", "gopher://127.0.0.1/"]
)
def test_a_redirect_to_another_scheme_is_not_followed(place: str) -> None:
    with recording(to(place)) as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", follow_redirects=True)

    assert outcome.error_class == "UnsupportedProtocol"
    assert "neither http nor https" in outcome.error


@pytest.mark.parametrize(
    "place", ["javascript:alert(1)", "data:,x", "http:x", "http://xn--a/", "http://[::1"]
)
def test_a_redirect_to_what_is_no_url_is_an_error_of_the_answer(place: str) -> None:
    with recording(to(place)) as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", follow_redirects=True)

    assert (outcome.error_class, outcome.was_interrupted) == ("RemoteProtocolError", True)


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(302, "GET", b""), (303, "GET", b""), (307, "POST", b"1"), (308, "POST", b"1")],
)
def test_a_redirect_keeps_the_method_and_body_where_its_status_says_so(
    status: int, method: str, body: bytes
) -> None:
    with recording(to("/end", status=status)) as server:
        send(f"http://127.0.0.1:{server.port}/", method="POST", json=1, follow_redirects=True)

    assert [(server.seen[1][0], server.seen[1][3])] == [(method, body)]


def secrets_of_a_step() -> dict[str, str]:
    return {
        "Authorization": "Bearer s3cr3t",
        "X-Api-Key": "s3cr3t",
        "Cookie": "a=s3cr3t",
        "Accept": "text/plain",
    }


def test_another_origin_gets_none_of_the_headers_that_may_be_secrets() -> None:
    with recording() as other, recording(to(f"http://127.0.0.1:{other.port}/", status=307)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        send(url, method="POST", json=1, headers=secrets_of_a_step(), follow_redirects=True)

    ((_, _, headers, body),) = other.seen
    assert "s3cr3t" not in str(headers)
    assert (headers["accept"], headers["content-type"], body) == ("text/plain", "application/json", b"1")
    assert headers["idempotency-key"] == CALL.idempotency_key
    assert headers["horarium-depth"] == "1"


def test_the_same_origin_gets_the_headers_again() -> None:
    with recording(to("/end")) as server:
        send(f"http://127.0.0.1:{server.port}/", headers=secrets_of_a_step(), follow_redirects=True)

    assert server.seen[1][2]["x-api-key"] == "s3cr3t"
