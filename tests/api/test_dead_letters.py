"""Dead letters, one and many: started again, or discarded."""

import pytest
from rest_framework.test import APIClient

import clock
from executions.models import DeadLetter, Execution
from executions.services import Start, start
from organizations.roles import Role
from tests.api.conftest import V1, paths

LETTERS = f"{V1}/dead-letters/"
STEPS = (
    {"id": "first", "kind": "set", "values": {"n": 1}},
    {"id": "second", "kind": "set", "values": {"n": "${{ 1 / input.divisor }}"}, "needs": ["first"]},
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(make_workflow, drain):
    """Make the dead letter of a workflow with this name."""

    def letter(name: str = "report") -> DeadLetter:
        cause = Start(workflow=make_workflow(*STEPS, name=name), source="manual", input={"divisor": 0})
        failed = start(cause, now=clock.now())
        drain()
        return DeadLetter.objects.get(execution=failed.id)

    return letter


def test_from_the_failed_step_finished_results_stay(api: APIClient, letter, drain):
    answer = api.post(f"{LETTERS}{letter().pk}/redrive/", {"from": "failed", "input": {"divisor": 1}})
    drain()

    assert answer.status_code == 201
    again = Execution.objects.get(pk=answer.json()["id"])
    assert (again.state, again.input) == ("completed", {"divisor": 1})
    assert again.step_runs.get(step="first").created_at < again.created_at


def test_a_list_is_narrowed_by_each_filter(api: APIClient, letter):
    old, new = letter("first"), letter("second")
    between = new.created_at.isoformat()

    for query, found in (
        ({"workflow": "first"}, [old]),
        ({"cause": "failed"}, [new, old]),
        ({"cause": "ambiguous"}, []),
        ({"reason_contains": "SECOND:"}, [new, old]),
        ({"created_after": between}, [new]),
        ({"created_before": between}, [old]),
        ({"resolution": "open", "workflow": "second"}, [new]),
    ):
        rows = api.get(LETTERS, query).json()["results"]
        assert [row["id"] for row in rows] == [str(one.pk) for one in found], query
    assert rows[0]["cause"] == "failed"


def test_many_are_redriven_by_a_filter(api: APIClient, letter):
    letter("first"), letter("second")

    wanted = {"filter": {"workflow": "first"}, "from": "failed"}
    assert api.post(f"{LETTERS}redrive/", {**wanted, "dry_run": True}).json() == {
        "matched": 1,
        "failed": [],
        "remaining": 1,
        "next": None,
        "redriven": 0,
    }
    assert api.post(f"{LETTERS}redrive/", wanted).json()["redriven"] == 1
    assert DeadLetter.objects.filter(resolution="redriven").count() == 1


def test_all_are_discarded_only_where_that_is_said(api: APIClient, letter):
    letter("first"), letter("second")

    answer = api.post(f"{LETTERS}discard/", {"filter": {"all": True}, "note": "outage", "limit": 1})

    assert (answer.status_code, answer.json()["discarded"], answer.json()["remaining"]) == (200, 1, 1)
    assert answer.json()["next"] == str(DeadLetter.objects.get(resolution="discarded").pk)
    assert DeadLetter.objects.get(resolution="discarded").note == "outage"


@pytest.mark.parametrize(
    ("verb", "body", "path"),
    [
        ("redrive", {}, "filter"),
        ("redrive", {"filter": {}}, "filter"),
        ("redrive", {"filter": {"all": False}}, "filter"),
        ("redrive", {"filter": {"all": True, "cause": "failed"}}, "filter"),
        ("redrive", {"filter": {"cause": "bad luck"}}, "filter.cause"),
        ("redrive", {"filter": {"ids": []}}, "filter.ids"),
        ("redrive", {"filter": {"ids": ["x"]}}, "filter.ids[0]"),
        ("redrive", {"filter": {"state": "open"}}, "filter.state"),
        ("redrive", {"filter": {"all": True}, "limit": 1_001}, "limit"),
        ("redrive", {"filter": {"all": True}, "from": "middle"}, "from"),
        ("redrive", {"filter": {"all": True}, "input": {}}, "input"),
        ("discard", {"filter": {"all": True}, "note": "x" * 501}, "note"),
        ("discard", {"filter": {"all": True}, "after": "x"}, "after"),
    ],
)
def test_what_is_wrong_with_a_request_for_many_is_named(api: APIClient, verb, body, path):
    answer = api.post(f"{LETTERS}{verb}/", body)

    assert answer.status_code == 400
    assert paths(answer) == [path]


@pytest.mark.parametrize("query", [{"cause": "x"}, {"created_after": "x"}, {"reason": "x"}])
def test_what_is_wrong_with_a_query_is_named(api: APIClient, query):
    assert paths(api.get(LETTERS, query)) == list(query)


def test_a_viewer_changes_nothing_and_a_stranger_finds_nothing(program, stranger, letter):
    viewer, mine = program(Role.VIEWER), letter()

    for verb in ("redrive", "discard"):
        assert viewer.post(f"{LETTERS}{verb}/", {"filter": {"all": True}}).status_code == 403
        assert stranger.post(f"{LETTERS}{verb}/", {"filter": {"ids": [str(mine.pk)]}}).json()["matched"] == 0
        assert stranger.post(f"{LETTERS}{mine.pk}/{verb}/").status_code == 404
