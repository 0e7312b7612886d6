"""Circuit breakers: seen, closed and opened by hand."""

from datetime import timedelta
from functools import partial

import pytest
from rest_framework.test import APIClient

import clock
from executions.circuits import Key, breaker, rows
from executions.circuits.breaker import Tally
from executions.models import Circuit
from organizations.roles import Role
from tests.api.conftest import V1, paths
from workflows.definition import CircuitBreaker

URL = f"{V1}/circuits/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def circuit(organization) -> Circuit:
    """Return a circuit that has opened."""
    now = clock.now()
    fail = partial(breaker.counted, tally=Tally(0, 20), policy=CircuitBreaker(), now=now)
    rows.change(Key(organization.pk, "http:api.example"), fail, now=now, error="answered 503")
    return Circuit.objects.get()


def test_a_circuit_shows_its_state_and_why(api: APIClient, circuit):
    (shown,) = api.get(URL).json()["results"]

    assert (shown["target"], shown["state"], shown["failures"]) == ("http:api.example", "open", 20)
    assert (shown["last_error"], shown["retry_at"][:4]) == ("answered 503", f"{circuit.retry_at.year}")
    assert api.get(f"{URL}{circuit.pk}/").json() == shown


def test_a_list_is_narrowed_by_state_and_target(api: APIClient, circuit):
    for query, count in (({"state": "open"}, 1), ({"state": "closed"}, 0), ({"target": "API"}, 1)):
        assert len(api.get(URL, query).json()["results"]) == count
    assert paths(api.get(URL, {"state": "ajar"})) == ["state"]


def test_an_operator_closes_it_as_often_as_they_like(program, circuit):
    operator = program(Role.OPERATOR)

    for _ in range(2):
        answer = operator.post(f"{URL}{circuit.pk}/reset/")
        assert (answer.status_code, answer.json()["state"], answer.json()["failures"]) == (200, "closed", 0)


def test_a_target_is_stopped_before_it_was_ever_called(program):
    answer = program(Role.OPERATOR).post(URL, {"target": "http:API.example:8080"})

    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["target"], shown["state"], shown["retry_at"]) == ("http:api.example:8080", "open", None)


def test_a_circuit_is_opened_until_an_instant(api: APIClient, circuit):
    until = clock.now() + timedelta(hours=1)

    answer = api.post(f"{URL}{circuit.pk}/open/", {"until": until.isoformat()})

    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    circuit.refresh_from_db()
    assert circuit.retry_at == until


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "target"),
        ({"target": "api.example"}, "target"),
        ({"target": "http:api.example/path?secret"}, "target"),
        ({"target": "http:a", "until": "2001-01-01T00:00:00Z"}, "until"),
        ({"target": "http:a", "until": "2199-01-01T00:00:00Z"}, "until"),
        ({"target": "http:a", "reason": "x"}, "reason"),
    ],
)
def test_what_is_wrong_with_a_stop_is_named(api: APIClient, body, path):
    answer = api.post(URL, body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_a_viewer_changes_nothing_and_a_stranger_finds_nothing(program, stranger, circuit):
    for path in (URL, f"{URL}{circuit.pk}/open/", f"{URL}{circuit.pk}/reset/"):
        assert program(Role.VIEWER).post(path, {"target": "http:a"}).status_code == 403
    assert stranger.get(f"{URL}{circuit.pk}/").status_code == 404
    assert stranger.post(f"{URL}{circuit.pk}/reset/").status_code == 404
