"""What an `http` step sends, and what its errors may show of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import clock
from events.models import Event
from executions import services
from executions.models import Attempt, Execution, Source
from executions.rules.outcomes import Failed
from executions.services import Start
from executions.steps import Call
from executions.steps.http import run
from executions.steps.request import InvalidRequest, body_of, headers_of, url_of
from tests.conftest import MakeWorkflow
from workflows.definition import HttpStep, load_definition

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOSED = "http://127.0.0.1:1/"  # nothing listens there
CALL = Call(
    execution_id=UUID("01890000-0000-7000-8000-000000000000"),
    step="call",
    attempt=1,
    organization_id=UUID(int=1),
    step_run_id=UUID(int=2),
    created_at=NOON,
    now=NOON,
    resume_at=None,
    variables={},
)


def headers(**rendered: Any) -> dict[bytes, bytes]:
    ours = {
        b"accept",
        b"user-agent",
        b"accept-encoding",
        b"idempotency-key",
        b"horarium-attempt",
        b"horarium-depth",
    }
    return {name: value for name, value in headers_of(rendered, CALL) if name.lower() not in ours}


@pytest.mark.parametrize(
    "value", ["s3cr3t\n", "s3cr3t\r\nX-Admin: 1", "s3cr3t\x00", "s3cr3t\x7f", "s3cr3t €"]
)
def test_an_error_about_a_header_names_it_and_never_shows_its_value(value: str) -> None:
    with pytest.raises(InvalidRequest, match="'Authorization'") as caught:
        headers(Authorization=value)

    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\n", "Ä"])
def test_a_name_that_is_no_header_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="is not the name of a header"):
        headers_of({name: "s3cr3t"}, CALL)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (42, b"42"),
        (1.5, b"1.5"),
        (True, b"true"),
        (False, b"false"),
        ("", b""),
        (" a\tb ", b"a\tb"),
        ("café", "café".encode("latin-1")),
    ],
)
def test_a_header_may_be_any_scalar(value: Any, sent: bytes) -> None:
    assert headers(X=value) == {b"X": sent}


def test_a_header_that_is_null_is_left_out() -> None:
    assert headers(X=None) == {}


@pytest.mark.parametrize(("value", "kind"), [(["s3cr3t"], "a list"), ({"a": "s3cr3t"}, "a map")])
def test_a_header_that_is_a_list_or_a_map_is_refused_by_name(value: Any, kind: str) -> None:
    with pytest.raises(InvalidRequest, match=f"header 'X' .* not {kind}$"):
        headers(X=value)


def test_a_header_of_the_step_takes_the_place_of_ours_whatever_its_case() -> None:
    sent = headers_of({"user-agent": "mine", "IDEMPOTENCY-KEY": None}, CALL)

    assert [value for name, value in sent if name.lower() == b"user-agent"] == [b"mine"]
    assert [value for name, value in sent if name.lower() == b"idempotency-key"] == [
        CALL.idempotency_key.encode()
    ]


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_step_does_not_write_what_follows_from_the_body(name: str) -> None:
    with pytest.raises(InvalidRequest, match="leave it out"):
        headers_of({name: "7"}, CALL)


@pytest.mark.parametrize("url", ["http://xn--/", "http://xn--a/"])
def test_a_host_that_no_name_can_have_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="valid URL"):
        url_of(url, {})


def test_no_step_can_hide_how_deep_a_chain_is() -> None:
    sent = headers_of({"HORARIUM-DEPTH": "0"}, replace(CALL, depth=3))

    assert [value for name, value in sent if name.lower() == b"horarium-depth"] == [b"4"]


def test_a_body_is_compact_json_in_utf_8() -> None:
    assert body_of({"b": [1, "é"], "a": None}) == '{"b":[1,"é"],"a":null}'.encode()
    assert body_of(None) is None


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"s3cr3t": "\ud800"}])
def test_a_body_that_json_cannot_hold_is_refused_without_showing_it(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="`json`") as caught:
        body_of(value)

    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("a b", "q=a+b"),
        (1, "q=1"),
        (False, "q=false"),
        (None, ""),
        ([1, None, "x"], "q=1&q=x"),
        ([], ""),
    ],
)
def test_a_query_value_is_a_scalar_or_a_list_of_them(value: Any, query: str) -> None:
    assert url_of("http://example.com/", {"q": value}).query.decode() == query


@pytest.mark.parametrize("value", [{"a": "s3cr3t"}, [["s3cr3t"]], [{"a": "s3cr3t"}]])
def test_a_query_value_of_another_shape_is_refused_by_name(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="query parameter 'q'") as caught:
        url_of("http://example.com/", {"q": value})

    assert "s3cr3t" not in str(caught.value)


def test_the_query_of_the_step_is_added_to_that_of_the_url() -> None:
    url = url_of("http://example.com/?a=1&b=2", {"b": 3, "c": None})

    assert dict(url.params) == {"a": "1", "b": "3"}


@pytest.mark.parametrize(
    ("url", "kind"),
    [(None, "null"), (7, "a number"), (True, "true or false"), ([], "a list"), ({}, "a map")],
)
def test_a_url_that_is_not_text_is_refused(url: Any, kind: str) -> None:
    with pytest.raises(InvalidRequest, match=f"`url` must be text, not {kind}"):
        url_of(url, {})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3cr3t",
        "ftp://s3cr3t.example.com/",
        "http:///s3cr3t",
        "http://user:s3cr3t/x@example.com/",
        "http://example.com/s3cr3t\n",
        "http://example.com/s3cr3t\ud800",
        "http://example.com:s3cr3t/",
    ],
)
def test_a_text_that_is_no_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InvalidRequest, match="`url`") as caught:
        url_of(url, {})

    assert "s3cr3t" not in str(caught.value)


def test_a_request_that_cannot_be_made_is_a_failure_of_the_step() -> None:
    data = {"id": "call", "kind": "http", "url": CLOSED, "headers": {"X": "a\nb"}}
    (step,) = load_definition({"steps": [data]}).steps
    assert isinstance(step, HttpStep)

    outcome = run(step, CALL)

    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.traceback) == ("InvalidRequest", "")


def test_a_secret_with_a_line_break_reaches_neither_history_nor_events(
    make_workflow: MakeWorkflow, drain: Callable[[], int]
) -> None:
    authorization = {"Authorization": "Bearer ${{ input.token }}"}
    workflow = make_workflow({"id": "call", "kind": "http", "url": CLOSED, "headers": authorization})
    cause = Start(workflow=workflow, source=Source.MANUAL, input={"token": "s3cr3t\n"})
    services.start(cause, now=clock.now())

    drain()

    execution, attempt = Execution.objects.get(), Attempt.objects.get()
    assert "'Authorization'" in execution.error
    told = [str(data) for data in Event.objects.values_list("data", flat=True)]
    assert not any("s3cr3t" in text for text in [*told, execution.error, attempt.error, attempt.traceback])
