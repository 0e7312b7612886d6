"""Backfills: shown before, requested, paused, resumed, cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

import clock
from executions.models import Execution
from organizations.roles import Role
from schedules.backfill import drip
from schedules.models import Schedule
from tests.api.conftest import V1, Client, paths
from workflows import services as workflows
from workflows.models import Workflow

URL = f"{V1}/schedules/nightly/backfills/"
ALL = f"{V1}/backfills/"
RANGE = {"from_at": "2026-03-27T00:00:00Z", "to_at": "2026-03-31T00:00:00Z"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def berlin(make_schedule: Any) -> Schedule:
    schedule: Schedule = make_schedule("nightly", timezone="Europe/Berlin", priority=6)
    return schedule


@pytest.fixture
def backfill(api: APIClient) -> str:
    return str(api.post(URL, RANGE).json()["id"])


def test_a_dry_run_shows_the_times_and_does_nothing(api: APIClient, berlin: Schedule):
    answer = api.post(URL, {**RANGE, "dry_run": True, "order": "newest_first", "limit": 3})

    shown = answer.json()
    assert answer.status_code == 200
    assert (shown["total"], shown["to_run"], shown["estimated_seconds"]) == (4, 4, None)
    assert shown["times"][1:] == [
        {
            "fire_at": "2026-03-29T04:00:00Z",
            "local": "2026-03-29T06:00:00+02:00",
            "is_run": True,
            "execution": None,
        },
        {
            "fire_at": "2026-03-28T05:00:00Z",
            "local": "2026-03-28T06:00:00+01:00",
            "is_run": True,
            "execution": None,
        },
    ]
    assert api.get(URL).json()["results"] == []


def test_a_backfill_is_requested_followed_and_listed(api: APIClient, berlin: Schedule):
    wanted = {"input": {"city": "Bern"}, "concurrency": 2, "overlap": "allow", "reprocess": "all"}

    answer = api.post(URL, {**RANGE, **wanted})
    drip.drip_due(now=clock.now())

    shown = api.get(f"{ALL}{answer.json()['id']}/").json()
    assert answer.status_code == 201
    assert (shown["schedule"], shown["schedule_name"]) == (str(berlin.pk), "nightly")
    assert (shown["state"], shown["total"], shown["started"], shown["skipped"]) == ("running", 4, 4, 0)
    assert (shown["overlap"], shown["reprocess"], shown["concurrency"]) == ("allow_all", "all", 2)
    assert (shown["priority"], shown["input"]) == (4, {"city": "Bern"})
    assert (shown["created_by"], shown["cursor_at"]) == ("API key admin of acme", "2026-03-30T04:00:00Z")
    assert shown["progress"] == {"waiting": 2, "running": 2, "completed": 0, "failed": 0, "cancelled": 0}
    assert api.get(URL).json()["results"] == api.get(ALL).json()["results"] == [shown]


def test_its_executions_are_found_by_their_source(api: APIClient, backfill: str):
    drip.drip_due(now=clock.now())

    rows = api.get(f"{V1}/executions/", {"source": "backfill"}).json()["results"]

    assert min(row["fire_at"] for row in rows) == "2026-03-27T05:00:00Z"
    assert len(rows) == 4


def test_a_backfill_is_paused_resumed_and_cancelled(api: APIClient, backfill: str):
    one = f"{ALL}{backfill}/"

    paused = api.post(f"{one}pause/", {"reason": "too much load"}).json()
    again = api.post(f"{one}pause/")
    resumed = api.post(f"{one}resume/").json()
    drip.drip_due(now=clock.now())
    cancelled = api.post(f"{one}cancel/", {"running": "cancel", "reason": "wrong range"}).json()

    assert (paused["state"], paused["reason"]) == ("paused", "too much load")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_move")
    assert (resumed["state"], resumed["reason"]) == ("running", "")
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "wrong range")
    assert cancelled["progress"]["cancelled"] == 4
    assert api.post(f"{one}resume/").status_code == 409
    assert not Execution.objects.exclude(state="cancelled").exists()


def test_a_cancel_leaves_what_runs_alone_where_nothing_else_is_said(api: APIClient, backfill: str):
    drip.drip_due(now=clock.now())

    cancelled = api.post(f"{ALL}{backfill}/cancel/").json()

    assert cancelled["progress"] == {
        "waiting": 0,
        "running": 1,
        "completed": 0,
        "failed": 0,
        "cancelled": 3,
    }


def test_an_overlapping_second_one_is_a_conflict(api: APIClient, backfill: str):
    answer = api.post(URL, {"from_at": "2026-03-30T00:00:00Z", "to_at": "2026-04-30T00:00:00Z"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "overlapping")
    assert backfill in answer.json()["error"]["message"]


def test_a_list_is_narrowed_by_state_and_by_schedule(api: APIClient, backfill: str, make_schedule: Any):
    make_schedule("other")
    other = api.post(f"{V1}/schedules/other/backfills/", RANGE).json()["id"]
    api.post(f"{ALL}{backfill}/pause/")

    def ids(url: str, **query: str) -> list[str]:
        return [row["id"] for row in api.get(url, query).json()["results"]]

    assert ids(ALL) == [other, backfill]
    assert ids(ALL, state="paused") == [backfill]
    assert ids(URL) == [backfill]
    assert ids(URL, state="running") == []
    assert paths(api.get(ALL, {"stat": "paused"})) == ["stat"]


def test_the_numbers_of_a_page_cost_one_query(api: APIClient, make_schedule: Any):
    counts = []
    for number in range(3):
        make_schedule(f"s{number}")
        api.post(f"{V1}/schedules/s{number}/backfills/", RANGE)
        with CaptureQueriesContext(connection) as captured:
            api.get(ALL)
        counts.append(len(captured))

    assert len(set(counts)) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"from_at": None}, "from_at"),
        ({"from_at": "2026-03-27"}, "from_at"),
        ({"from_at": "2026-03-27T00:00:00"}, "from_at"),
        ({"from_at": "0001-01-01T00:00:00Z"}, "from_at"),
        ({"from_at": "2026-03-30T23:00:00Z"}, "from_at"),
        ({"to_at": "2026-03-26T00:00:00Z"}, "to_at"),
        ({"to_at": "2199-01-01T00:00:00Z"}, "to_at"),
        ({"order": "random"}, "order"),
        ({"reprocess": "some"}, "reprocess"),
        ({"overlap": "maybe"}, "overlap"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 101}, "concurrency"),
        ({"concurrency": "many"}, "concurrency"),
        ({"priority": 10}, "priority"),
        ({"input": []}, "input"),
        ({"input": {"city": 5}}, "input.city"),
        ({"dry_run": "perhaps"}, "dry_run"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"until": "now"}, "until"),
    ],
)
@pytest.mark.parametrize("is_dry", [True, False])
def test_what_is_wrong_with_a_request_is_named(
    api: APIClient, change: dict[str, Any], path: str, is_dry: bool
):
    answer = api.post(URL, {**RANGE, "dry_run": is_dry, **change})

    assert (answer.status_code, paths(answer)) == (400, [path])
    assert api.get(ALL).json()["results"] == []


@pytest.mark.parametrize(
    ("act", "body", "path"),
    [
        ("pause", {"reason": "x" * 501}, "reason"),
        ("resume", {"now": True}, "now"),
        ("cancel", {"running": "kill"}, "running"),
    ],
)
def test_what_is_wrong_with_an_act_is_named(
    api: APIClient, backfill: str, act: str, body: dict[str, Any], path: str
):
    answer = api.post(f"{ALL}{backfill}/{act}/", body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_an_archived_workflow_starts_nothing(api: APIClient, workflow: Workflow):
    workflows.archive(workflow)

    answer = api.post(URL, RANGE)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_startable")


def test_a_viewer_reads_and_an_operator_acts(program: Client, backfill: str):
    viewer, operator = program(Role.VIEWER), program(Role.OPERATOR)

    assert viewer.get(URL).status_code == viewer.get(f"{ALL}{backfill}/").status_code == 200
    for url in (URL, *(f"{ALL}{backfill}/{act}/" for act in ("pause", "resume", "cancel"))):
        assert viewer.post(url, {}).json()["error"]["code"] == "role_too_low"
    assert operator.post(f"{ALL}{backfill}/cancel/").status_code == 200
    assert operator.post(URL, RANGE).status_code == 201


def test_another_organization_sees_nothing_of_it(stranger: APIClient, backfill: str):
    assert stranger.get(ALL).json()["results"] == []
    assert stranger.get(URL).status_code == stranger.post(URL, RANGE).status_code == 404
    assert stranger.get(f"{ALL}{backfill}/").status_code == 404
    for act in ("pause", "resume", "cancel"):
        assert stranger.post(f"{ALL}{backfill}/{act}/").status_code == 404


def test_a_range_that_the_schedule_has_still_to_fire_is_refused(
    api: APIClient, make_schedule: Any, shift_clock: Any
):
    make_schedule("minutely", rules=[{"kind": "interval", "every_seconds": 60}])
    before = clock.now()
    shift_clock(timedelta(minutes=5))

    body = {"from_at": before.isoformat(), "to_at": (before + timedelta(minutes=4)).isoformat()}
    answer = api.post(f"{V1}/schedules/minutely/backfills/", body)

    assert (answer.status_code, paths(answer)) == (400, ["to_at"])
