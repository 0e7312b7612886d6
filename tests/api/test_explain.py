"""Why a schedule fired, or did not, or will."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from organizations.roles import Role
from schedules.models import Schedule
from tests.api.conftest import V1, Client, paths

ONE = f"{V1}/schedules/nightly/explain/"
DAYS = {"from": "2099-12-01T00:00:00Z", "to": "2099-12-03T00:00:00Z"}

pytestmark = pytest.mark.django_db


def test_a_range_says_what_becomes_of_each_time(api: APIClient, schedule: Schedule):
    answer = api.get(ONE, DAYS)

    rows = answer.json()["results"]
    assert (answer.status_code, answer.json()["continue_from"]) == (200, None)
    assert [(row["fire_at"], row["outcome"]) for row in rows] == [
        ("2099-12-01T06:00:00Z", "will_fire"),
        ("2099-12-02T06:00:00Z", "will_fire"),
    ]
    assert rows[0]["local"] == "2099-12-01T06:00:00+00:00"
    assert rows[0]["why"] == "Will start at 2099-12-01 06:00:00 +00:00."
    assert (rows[0]["executions"], rows[0]["skipped"], rows[0]["version"]) == ([], None, 1)


def test_an_instant_that_is_no_time_says_why_and_what_is_near(api: APIClient, schedule: Schedule):
    (row,) = api.get(ONE, {"at": "2099-12-01T07:00:00Z"}).json()["results"]

    assert (row["outcome"], row["reason"]) == ("no_time", "outside_rules")
    assert (row["before"], row["after"]) == ("2099-12-01T06:00:00Z", "2099-12-02T06:00:00Z")
    assert "the hour is 7" in row["why"]


def test_a_trigger_by_hand_is_explained_with_its_execution(api: APIClient, schedule: Schedule):
    started = api.post(f"{V1}/schedules/nightly/trigger/").json()["id"]
    noted = {
        "from": schedule.created_at.isoformat(),
        "to": (schedule.created_at + timedelta(minutes=1)).isoformat(),
    }

    rows = api.get(ONE, noted).json()["results"]

    assert [run["id"] for row in rows for run in row["executions"]] == [started]


def test_what_does_not_fit_is_asked_for_again(api: APIClient, schedule: Schedule):
    answer = api.get(ONE, {**DAYS, "limit": "1"}).json()

    assert (len(answer["results"]), answer["continue_from"]) == (1, "2099-12-02T06:00:00Z")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, ["at"]),
        ({"at": "yesterday"}, ["at"]),
        ({"at": "2099-12-01T07:00:00"}, ["at"]),
        ({"at": "2099-12-01T07:00:00Z", **DAYS}, ["from", "to"]),
        ({"from": DAYS["from"]}, ["to"]),
        ({"to": DAYS["to"]}, ["from"]),
        ({"from": DAYS["to"], "to": DAYS["from"]}, ["to"]),
        ({**DAYS, "limit": 1001}, ["limit"]),
        ({**DAYS, "until": "x"}, ["until"]),
    ],
)
def test_what_is_wrong_with_a_question_is_named(
    api: APIClient, schedule: Schedule, query: dict, named: list[str]
):
    answer = api.get(ONE, query)

    assert (answer.status_code, paths(answer)) == (400, named)


def test_another_organization_has_no_such_schedule(stranger: APIClient, program: Client, schedule: Schedule):
    assert stranger.get(f"{V1}/schedules/{schedule.pk}/explain/", DAYS).status_code == 404
    assert program(Role.VIEWER).get(ONE, DAYS).status_code == 200
