"""Bodies that no endpoint takes, and the one shape of errors."""

from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from tests.api.conftest import V1, paths
from workflows import services
from workflows.models import Workflow

START = f"{V1}/workflows/report/start/"

pytestmark = pytest.mark.django_db


def send(api: APIClient, body: Any, *, content_type: str = "application/json"):
    return api.generic("POST", START, body, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "not JSON"),
        ('{"priority": NaN}', "NaN"),
        ('{"priority": Infinity}', "Infinity"),
        ('{"priority": 1, "priority": 2}', "the key 'priority' stands there twice"),
        ('{"\\ud800": 1, "\\ud800": 2}', "twice"),
        (b'{"queue": "\xff"}', "not UTF-8"),
        ("[" * 100_000, "nested too deep"),
        ("[]", "write a JSON object, not list"),
        ('"text"', "write a JSON object, not str"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(api: APIClient, workflow: Workflow, body: str, says: str):
    answer = send(api, body)

    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"input": {"city": "a\\u0000b"}}', "input.city"),
        ('{"input": {"city": "\\ud800"}}', "input.city"),
        ('{"input": {"city": 1e999}}', "input.city"),
        ('{"input": {"n": [0, 99999999999999999999]}}', "input.n[1]"),
        ('{"input": {"\\ud800": 1}}', "input"),
    ],
)
def test_a_value_that_cannot_be_stored_is_named(api: APIClient, workflow: Workflow, body: str, path: str):
    answer = send(api, body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_a_body_that_is_too_large_is_refused(api: APIClient, workflow: Workflow):
    answer = send(api, " " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type_is_refused(api: APIClient, workflow: Workflow, content_type: str):
    answer = send(api, "priority=9", content_type=content_type)

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_a_body_of_unknown_length_is_not_taken_for_none(api: APIClient, workflow: Workflow):
    answer = api.post(START, headers={"Transfer-Encoding": "chunked"})

    assert answer.status_code == 411
    assert "Content-Length" in answer.json()["error"]["message"]


def test_another_method_is_refused(api: APIClient, workflow: Workflow):
    answer = api.get(START)

    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("prefix", ["/api", V1])
def test_a_path_that_leads_nowhere_is_answered_in_json(prefix: str):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = Client(enforce_csrf_checks=True).generic(method, f"{prefix}/nothing/here/")

        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), method


def test_a_host_name_that_is_not_allowed_is_answered_in_json(client):
    assert (
        client.get(f"{V1}/workflows/", headers={"Host": "evil.example"}).json()["error"]["code"]
        == "bad_request"
    )


def test_while_the_database_is_away_a_client_is_asked_to_come_again(api: APIClient, workflow, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(services, "archive", away)

    answer = api.delete(f"{V1}/workflows/report/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.json()["error"]["code"] == "unavailable"


def test_a_bug_is_answered_in_json_without_its_reason(api: APIClient, workflow, monkeypatch):
    monkeypatch.setattr(services, "archive", lambda _: 1 / 0)
    api.raise_request_exception = False

    answer = api.delete(f"{V1}/workflows/report/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "bug")
    assert "zero" not in answer.content.decode()
