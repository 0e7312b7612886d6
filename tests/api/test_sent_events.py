"""Programs send events as CloudEvents: each is kept once, and refusals say what to write."""

import json
from typing import Any

import pytest
from django.middleware.csrf import _get_new_csrf_string
from rest_framework.test import APIClient

from events.models import Event
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import issue_api_key
from tests.api.conftest import V1, Client, paths
from tests.events.spec_examples import BATCH, BINARY, STRUCTURED, Binary
from tests.races.connections import at_once

URL = f"{V1}/events/"
PAID: dict[str, Any] = {
    "specversion": "1.0",
    "id": "order-7",
    "source": "/shop",
    "type": "order.paid",
    "data": {"order": 7},
}
STRUCTURED_TYPE = "application/cloudevents+json; charset=UTF-8"
BATCH_TYPE = "application/cloudevents-batch+json; charset=UTF-8"

pytestmark = pytest.mark.django_db


def send(api: APIClient, body: Any, content_type: str = STRUCTURED_TYPE, **headers: str) -> Any:
    text: Any = body if isinstance(body, str | bytes) else json.dumps(body)
    return api.generic("POST", URL, text, content_type=content_type, headers=headers)


def send_binary(api: APIClient, example: Binary) -> Any:
    return send(api, example.body, example.content_type, **example.headers)


@pytest.mark.parametrize("example", BINARY)
def test_the_specifications_examples_in_binary_mode_are_taken_and_replayed(api: APIClient, example: Binary):
    first, second = send_binary(api, example), send_binary(api, example)

    row = Event.objects.get()
    assert [first.status_code, second.status_code] == [201, 200]
    assert (row.type, row.source, row.external_id) == tuple(
        example.headers[name] for name in ("ce-type", "ce-source", "ce-id")
    )
    assert row.data == {"time": None, **example.kept}


@pytest.mark.parametrize(("event", "kept"), STRUCTURED)
def test_the_specifications_examples_in_structured_mode_are_taken_and_replayed(
    api: APIClient, event: dict[str, Any], kept: dict[str, Any]
):
    first, second = send(api, event), send(api, event)

    row = Event.objects.get()
    assert [first.status_code, second.status_code] == [201, 200]
    assert (row.type, row.source, row.external_id) == (event["type"], event["source"], event["id"])
    assert (row.subject, row.data) == (event.get("subject") or "", kept)


def test_the_specifications_example_of_a_batch_is_taken_and_replayed(api: APIClient):
    first, second = send(api, BATCH, BATCH_TYPE), send(api, BATCH, BATCH_TYPE)

    assert (first.status_code, second.status_code) == (200, 200)
    assert [one["result"] for one in first.json()["results"]] == ["created"] * 2
    assert second.json() == {"results": [{**one, "result": "replayed"} for one in first.json()["results"]]}


def test_an_empty_batch_is_taken(api: APIClient):
    assert (send(api, [], BATCH_TYPE).json()) == {"results": []}


def test_an_event_can_be_read_with_all_that_was_sent(api: APIClient, stranger: APIClient):
    event_id = api.post(URL, {**PAID, "subject": "7", "traceparent": "00"}).json()["id"]

    answer = api.get(f"{URL}{event_id}/").json()

    assert (answer["type"], answer["source"], answer["external_id"]) == ("order.paid", "/shop", "order-7")
    assert answer["subject"] == "7"
    assert answer["data"] == {"data": {"order": 7}, "time": None, "extensions": {"traceparent": "00"}}
    assert stranger.get(f"{URL}{event_id}/").status_code == 404


@pytest.mark.parametrize("event_id", ["x", "0", "9" * 18, "9" * 30])
def test_an_event_that_is_not_there_is_not_found(api: APIClient, event_id: str):
    assert api.get(f"{URL}{event_id}/").status_code == 404


@pytest.mark.parametrize("change", [{"data": {"order": 8}}, {"type": "order.lost"}, {"subject": "7"}])
def test_another_event_under_the_same_id_is_refused(api: APIClient, change: dict[str, Any]):
    api.post(URL, PAID)

    answer = api.post(URL, {**PAID, **change})

    assert (answer.status_code, paths(answer)) == (409, ["id"])


def test_another_event_in_a_batch_is_named_by_its_place_and_nothing_is_recorded(api: APIClient):
    answer = send(api, [{**PAID, "id": "1"}, PAID, {**PAID, "data": 8}], BATCH_TYPE)

    assert (answer.status_code, paths(answer)) == (409, ["[2].id"])
    assert not Event.objects.exists()


def test_an_event_that_a_batch_holds_twice_is_recorded_once(api: APIClient):
    results = send(api, [PAID, PAID], BATCH_TYPE).json()["results"]

    assert [one["result"] for one in results] == ["created", "replayed"]
    assert results[0]["id"] == results[1]["id"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": 1.0}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"source": "s" * 256}, "source"),
        ({"source": "not a uri"}, "source"),
        ({"source": "1:2"}, "source"),
        ({"source": "/caf%C"}, "source"),
        ({"source": "horarium"}, "source"),
        ({"type": "t" * 256}, "type"),
        ({"type": "workflow.completed"}, "type"),
        ({"type": "\ufffe"}, "type"),
        ({"subject": ""}, "subject"),
        ({"time": "noon"}, "time"),
        ({"time": "2026-11-20T12:00:00"}, "time"),
        ({"time": "2026-11-20"}, "time"),
        ({"time": "0001-01-01T00:00:00+23:00"}, "time"),
        ({"time": 7}, "time"),
        ({"datacontenttype": "json"}, "datacontenttype"),
        ({"datacontenttype": "a/b" + ";a=b" * 100_000}, "datacontenttype"),
        ({"dataschema": "order.json"}, "dataschema"),
        ({"data_base64": "eA=="}, "data_base64"),
        ({"data": None, "data_base64": "eA="}, "data_base64"),
        ({"data": None, "data_base64": 7}, "data_base64"),
        ({"Data": 1}, "Data"),
        ({"trace\n": "x"}, "trace\n"),
        ({"a_b": "x"}, "a_b"),
        ({"extension": 1.5}, "extension"),
        ({"extension": 2**31}, "extension"),
        ({"extension": {"a": 1}}, "extension"),
        ({"extension": "a\x7f"}, "extension"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(api: APIClient, change: dict[str, Any], path: str):
    single, batch = send(api, {**PAID, **change}), send(api, [PAID, {**PAID, **change}], BATCH_TYPE)

    assert (single.status_code, paths(single)) == (400, [path])
    assert (batch.status_code, paths(batch)) == (400, [f"[1].{path}"])
    assert not Event.objects.exists()


def test_a_version_that_is_not_taken_is_named(api: APIClient):
    message = api.post(URL, {**PAID, "specversion": "0.3"}).json()["error"]["message"]

    assert message == "specversion: '0.3' is not taken; write \"1.0\""


@pytest.mark.parametrize("left_out", ["specversion", "id", "source", "type"])
def test_an_event_needs_the_attributes_that_cloud_events_require(api: APIClient, left_out: str):
    event = {name: value for name, value in PAID.items() if name != left_out}
    headers = {f"ce-{name}": value for name, value in event.items() if name != "data"}

    for answer in (api.post(URL, event), send(api, "1", "application/json", **headers)):
        assert (answer.status_code, paths(answer)) == (400, [left_out])


@pytest.mark.parametrize(
    "body",
    [
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        '"\\ud800"',
        "[" * 100_000,
        "[" * 70 + "]" * 70,
        b'"\xff"',
        "{",
        "1e999",
    ],
)
def test_json_that_cannot_be_kept_is_refused_in_every_mode(api: APIClient, body: str | bytes):
    raw = body if isinstance(body, bytes) else body.encode()
    headers = {f"ce-{name}": value for name, value in PAID.items() if isinstance(value, str)}
    whole = b'{"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": ' + raw + b"}"

    answers = [
        send(api, raw, "application/json", **headers),
        send(api, whole),
        send(api, b"[" + whole + b"]", BATCH_TYPE),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


def test_data_that_is_too_large_is_refused(api: APIClient):
    headers = {f"ce-{name}": value for name, value in PAID.items() if isinstance(value, str)}

    for answer in (
        api.post(URL, {**PAID, "data": "x" * 256_000}),
        send(api, "x" * 256_000, "text/plain", **headers),
        send(api, b"\xff" * 256_000, "image/png", **headers),
    ):
        assert (answer.status_code, paths(answer)) == (413, ["data"])


def test_a_batch_is_bounded(api: APIClient):
    many = [{**PAID, "id": str(number)} for number in range(1001)]

    assert "at most 1,000 events" in send(api, many, BATCH_TYPE).json()["error"]["message"]
    assert send(api, many[:1000], BATCH_TYPE).status_code == 200
    assert send(api, " " * (2 * 1024 * 1024 + 1), BATCH_TYPE).status_code == 413


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/cloudevents+avro",
        "application/cloudevents-batch+xml",
        "",
        "multipart/form-data",
    ],
)
def test_what_does_not_say_that_it_is_an_event_is_refused(api: APIClient, content_type: str):
    answer = send(api, PAID, content_type)

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert "cloudevents+json" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", ["[]", "7", "null"])
def test_what_is_json_and_no_event_is_refused(api: APIClient, body: str):
    assert send(api, body).status_code == 400
    assert send(api, "{}", BATCH_TYPE).status_code == 400


@pytest.mark.parametrize(
    ("header", "depth"), [("3", 3), ("1000", 1000), ("1001", None), ("-1", None), ("x", None)]
)
def test_how_many_executions_led_to_an_event_is_kept(api: APIClient, header: str, depth: int | None):
    send(api, PAID, **{"Horarium-Depth": header})

    assert Event.objects.get().data.get("depth") == depth


def test_who_only_reads_sends_nothing(program: Client):
    assert program(Role.VIEWER).post(URL, PAID).status_code == 403
    assert program(Role.OPERATOR).post(URL, PAID).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_with_one_event_one_records_it(organization: Organization):
    _, key = issue_api_key(organization, name="shop", role=Role.OPERATOR, by="test")

    def post() -> Any:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        return client.post(URL, PAID)

    answers = at_once(post, post)

    assert sorted(answer.json()["result"] for answer in answers) == ["created", "replayed"]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_form_that_a_person_sends_is_refused(organization: Organization, person: Any):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(person(acme=Role.OPERATOR))
    token = _get_new_csrf_string()
    browser.cookies["csrftoken"] = token
    headers = {"X-CSRFToken": token} | {
        f"ce-{name}": value for name, value in PAID.items() if isinstance(value, str)
    }

    answer = send(browser, b"--x--", "multipart/form-data; boundary=x", **headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
