"""Programs send events as CloudEvents: each is kept once, and refusals say what to write."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from events.models import Event
from organizations.roles import Role
from tests.api.conftest import V1, Client, paths

URL = f"{V1}/events/"
PAID = {"specversion": "1.0", "id": "order-7", "source": "/shop", "type": "order.paid", "data": {"order": 7}}

pytestmark = pytest.mark.django_db


def test_an_event_is_created_once_and_then_replayed(api: APIClient):
    first, second = api.post(URL, PAID), api.post(URL, PAID)

    assert (first.status_code, first.json()["result"]) == (201, "created")
    assert (second.status_code, second.json()) == (200, {**first.json(), "result": "replayed"})


def test_an_event_can_be_read_with_its_data(api: APIClient, stranger: APIClient):
    event_id = api.post(URL, PAID).json()["id"]

    answer = api.get(f"{URL}{event_id}/").json()

    assert (answer["type"], answer["source"]) == ("order.paid", "/shop")
    assert answer["data"] == {"data": {"order": 7}, "time": None}
    assert stranger.get(f"{URL}{event_id}/").status_code == 404


@pytest.mark.parametrize("event_id", ["x", "0", "9" * 18, "9" * 30])
def test_an_event_that_is_not_there_is_not_found(api: APIClient, event_id: str):
    assert api.get(f"{URL}{event_id}/").status_code == 404


def test_the_media_type_of_cloud_events_and_their_other_attributes_are_taken(api: APIClient):
    event = {
        **PAID,
        "time": "2026-11-20T12:00:00Z",
        "datacontenttype": "application/json",
        "traceparent": "00",
    }

    answer = api.post(URL, json.dumps(event), content_type="application/cloudevents+json; charset=utf-8")

    assert answer.status_code == 201
    assert Event.objects.get().data["time"] == "2026-11-20T12:00:00+00:00"


def test_another_event_under_the_same_id_is_refused(api: APIClient):
    api.post(URL, PAID)

    answer = api.post(URL, {**PAID, "data": {"order": 8}})

    assert (answer.status_code, paths(answer)) == (409, ["id"])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"source": "s" * 201}, "source"),
        ({"type": "t" * 101}, "type"),
        ({"type": "workflow.completed"}, "type"),
        ({"time": "noon"}, "time"),
        ({"data_base64": "eA=="}, "data_base64"),
        ({"Data": 1}, "Data"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(api: APIClient, change: dict[str, Any], path: str):
    answer = api.post(URL, {**PAID, **change})

    assert (answer.status_code, paths(answer)) == (400, [path])
    assert not Event.objects.exists()


@pytest.mark.parametrize("left_out", ["specversion", "id", "source", "type"])
def test_an_event_needs_the_attributes_that_cloud_events_require(api: APIClient, left_out: str):
    answer = api.post(URL, {name: value for name, value in PAID.items() if name != left_out})

    assert (answer.status_code, paths(answer)) == (400, [left_out])


def test_data_that_is_too_large_is_refused(api: APIClient):
    answer = api.post(URL, {**PAID, "data": "x" * 256_000})

    assert (answer.status_code, paths(answer)) == (413, ["data"])


def test_who_only_reads_sends_nothing(program: Client):
    assert program(Role.VIEWER).post(URL, PAID).status_code == 403
    assert program(Role.OPERATOR).post(URL, PAID).status_code == 201
