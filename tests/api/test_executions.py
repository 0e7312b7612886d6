"""Executions and dead letters: listed, looked into, ended, started again."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

import clock
from executions.models import DeadLetter, Execution
from executions.services import Start, start
from tests.api.conftest import V1, paths
from tests.conftest import MakeWorkflow

URL = f"{V1}/executions/"
LETTERS = f"{V1}/dead-letters/"
FAILS = {"id": "fails", "kind": "set", "values": {"x": "${{ input.missing }}"}}

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_workflow: MakeWorkflow, drain: Callable[[], int]) -> Callable[..., Execution]:
    """Start a workflow of the given steps and run it to its end."""

    def run(*steps: dict, name: str = "report", source: str = "manual") -> Execution:
        cause = Start(workflow=make_workflow(*steps, name=name), source=source)
        started = start(cause, now=clock.now())
        drain()
        return Execution.objects.get(pk=started.id)

    return run


def ids(answer) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]


def test_an_execution_is_shown_with_its_steps_and_their_failed_attempts(api: APIClient, run):
    execution = run({"id": "first", "kind": "set", "values": {"a": 1}}, {**FAILS, "needs": ["first"]})

    body = api.get(f"{URL}{execution.pk}/").json()

    assert (body["state"], body["workflow_name"], body["version"]) == ("failed", "report", 1)
    first, fails = body["steps"]
    assert (first["step"], first["output"], first["attempts"]) == ("first", {"a": 1}, [])
    assert (fails["state"], fails["attempts"][0]["outcome"]) == ("failed", "failed")
    assert body["finished_at"].endswith("Z")


def test_items_are_counted_in_the_detail_and_listed_apart(api: APIClient, run):
    execution = run({"id": "each", "kind": "set", "values": {"x": "${{ item }}"}, "for_each": [1, 2, 3]})

    body = api.get(f"{URL}{execution.pk}/").json()
    items = api.get(f"{URL}{execution.pk}/steps/", {"step": "each", "state": "completed"}).json()["results"]

    assert [step["item_index"] for step in body["steps"]] == [None]
    assert body["items"] == [{"step": "each", "states": {"completed": 3}}]
    assert body["output"] == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert [item["item_index"] for item in items] == [None, 0, 1, 2]


def test_executions_are_listed_newest_first(api: APIClient, run):
    old, new = run(name="first"), run(name="second")

    answer = api.get(URL)

    assert ids(answer) == [str(new.pk), str(old.pk)]
    assert "input" not in answer.json()["results"][0]


def test_a_list_is_narrowed_by_each_filter(api: APIClient, run):
    good, bad = run(name="good", source="call"), run(FAILS, name="bad")
    between = bad.created_at.isoformat()

    assert ids(api.get(URL, {"state": "failed"})) == [str(bad.pk)]
    assert ids(api.get(URL, {"source": "call"})) == [str(good.pk)]
    assert ids(api.get(URL, {"workflow": "good"})) == [str(good.pk)]
    assert ids(api.get(URL, {"workflow": str(bad.workflow_id)})) == [str(bad.pk)]
    assert ids(api.get(URL, {"workflow": "nothing"})) == []
    assert ids(api.get(URL, {"schedule": str(uuid4())})) == []
    assert ids(api.get(URL, {"created_after": between})) == [str(bad.pk)]
    assert ids(api.get(URL, {"created_before": between})) == [str(good.pk)]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"state": "lost"}, "state"),
        ({"source": "magic"}, "source"),
        ({"schedule": "nul\0"}, "schedule"),
        ({"workflow": "nul\0"}, "workflow"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_before": "yesterday"}, "created_before"),
        ({"created_before": "2026-01-01T00:00:00"}, "created_before"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"stat": "failed"}, "stat"),
    ],
)
def test_what_is_wrong_with_a_query_is_named(api: APIClient, query: dict, path: str):
    answer = api.get(URL, query)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_a_running_execution_is_cancelled(api: APIClient, make_workflow: MakeWorkflow):
    started = start(Start(workflow=make_workflow(), source="manual"), now=clock.now())

    answer = api.post(f"{URL}{started.id}/cancel/")

    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert answer.json()["steps"][0]["state"] == "cancelled"
    assert api.post(f"{URL}{started.id}/cancel/").status_code == 409


def test_a_failed_execution_is_started_again_with_another_input(api: APIClient, run):
    execution = run(FAILS)

    answer = api.post(f"{URL}{execution.pk}/retry/", {"input": {"missing": 1}})

    assert answer.status_code == 201
    assert (answer.json()["redrive_of"], answer.json()["input"]) == (str(execution.pk), {"missing": 1})
    assert DeadLetter.objects.get().resolution == "redriven"
    again = api.post(f"{URL}{execution.pk}/retry/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_move")


def test_a_completed_execution_is_not_started_again(api: APIClient, run):
    assert api.post(f"{URL}{run().pk}/retry/").status_code == 409


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_what_an_execution_is_sent_too_much_is_named(api: APIClient, run, verb: str):
    answer = api.post(f"{URL}{run(FAILS).pk}/{verb}/", {"force": True})

    assert (answer.status_code, paths(answer)) == (400, ["force"])


def test_a_dead_letter_is_redriven_once(api: APIClient, run):
    execution = run(FAILS)
    (letter,) = api.get(LETTERS, {"resolution": "open"}).json()["results"]
    assert (letter["execution"], letter["workflow_name"]) == (str(execution.pk), "report")

    answer = api.post(f"{LETTERS}{letter['id']}/redrive/", {"input": {"missing": 2}})

    assert answer.status_code == 201
    shown = api.get(f"{LETTERS}{letter['id']}/").json()
    assert (shown["resolution"], shown["redriven_as"]) == ("redriven", answer.json()["id"])
    assert api.post(f"{LETTERS}{letter['id']}/redrive/").status_code == 409
    assert ids(api.get(LETTERS, {"resolution": "open"})) == []


def test_a_dead_letter_is_discarded_with_a_note(api: APIClient, run):
    run(FAILS)
    letter_id = DeadLetter.objects.get().pk

    answer = api.post(f"{LETTERS}{letter_id}/discard/", {"note": "known"})

    assert (answer.status_code, answer.json()["resolution"], answer.json()["note"]) == (
        200,
        "discarded",
        "known",
    )
    assert answer.json()["resolved_by"] == "API key admin of acme"
    assert api.post(f"{LETTERS}{letter_id}/discard/").status_code == 409


@pytest.mark.parametrize(
    ("verb", "body", "path"),
    [
        ("redrive", {"input": "x"}, "input"),
        ("redrive", {"note": "x"}, "note"),
        ("discard", {"note": "x" * 501}, "note"),
        ("discard", {"input": {}}, "input"),
    ],
)
def test_what_is_wrong_with_a_decision_is_named(api: APIClient, run, verb: str, body: dict, path: str):
    run(FAILS)

    answer = api.post(f"{LETTERS}{DeadLetter.objects.get().pk}/{verb}/", body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_an_unknown_resolution_is_named(api: APIClient):
    assert paths(api.get(LETTERS, {"resolution": "lost"})) == ["resolution"]


def test_dead_letters_of_later_failures_come_first(api: APIClient, run):
    run(FAILS, name="first")
    newest = run(FAILS, name="second")
    DeadLetter.objects.exclude(execution=newest).update(created_at=newest.created_at - timedelta(hours=1))

    assert api.get(LETTERS).json()["results"][0]["execution"] == str(newest.pk)
