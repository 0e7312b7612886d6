"""The times of settings before they are saved."""

import pytest
from rest_framework.test import APIClient

from organizations.roles import Role
from schedules.models import Schedule
from tests.api.conftest import CRON, V1, Client, paths
from workflows.models import Workflow

URL = f"{V1}/schedules/preview/"
AFTER = "2027-03-26T12:00:00Z"
DAILY = {"workflow": "report", "rules": [{"kind": "cron", "expression": "30 2 * * *"}]}

pytestmark = pytest.mark.django_db


def test_a_preview_shows_times_and_words_and_saves_nothing(api: APIClient, workflow: Workflow):
    body = {**DAILY, "timezone": "Europe/Berlin", "after": AFTER, "count": 3}

    answer = api.post(URL, body)

    shown = answer.json()
    assert (answer.status_code, len(shown["results"])) == (200, 3)
    assert [row["local"] for row in shown["results"]] == [
        "2027-03-27T02:30:00+01:00",
        "2027-03-28T03:00:00+02:00",
        "2027-03-29T02:30:00+02:00",
    ]
    assert shown["results"][1]["notes"] == ["02:30 does not exist on this day; fires at 03:00"]
    assert [row["is_dst"] for row in shown["results"]] == [False, True, True]
    assert shown["description"] == "At 02:30"
    assert (shown["rules"][0]["canonical"], shown["rules"][0]["rule"]["kind"]) == ("30 2 * * *", "cron")
    assert not Schedule.objects.exists()


def test_a_preview_warns_of_what_may_surprise(api: APIClient, schedule: Schedule):
    answer = api.post(URL, {"workflow": "report", "rules": CRON}).json()
    odd = api.post(
        URL, {"workflow": "report", "rules": [{"kind": "cron", "expression": "H 3 31 * *"}]}
    ).json()

    assert [(one["path"], one["code"]) for one in answer["cautions"]] == [("rules", "duplicate")]
    assert {one["code"] for one in odd["cautions"]} == {"skips_months", "hashed"}


def test_an_edit_is_previewed_as_the_schedule_that_it_changes(api: APIClient, schedule: Schedule):
    hashed = [{"kind": "cron", "expression": "H H * * *"}]
    body = {"workflow": "report", "schedule": "nightly", "rules": hashed, "count": 1}

    previewed = api.post(URL, body).json()
    saved = api.patch(f"{V1}/schedules/nightly/", {"rules": hashed}).json()

    assert previewed["cautions"] == []
    assert previewed["results"][0]["fire_at"] == saved["next_fire_at"]


def test_what_an_edit_leaves_out_is_that_of_the_schedule(api: APIClient, make_schedule):
    make_schedule("nightly", timezone="Asia/Tokyo", rules=[{"kind": "cron", "expression": "0 6 * * MON"}])

    unchanged = api.post(URL, {"schedule": "nightly"}).json()
    moved = api.post(URL, {"schedule": "nightly", "timezone": "Europe/Berlin", "after": AFTER}).json()

    assert (unchanged["description"], len(unchanged["results"])) == ("At 06:00, only on Monday", 10)
    assert unchanged["results"][0]["offset"] == "+09:00"
    assert moved["results"][0]["local"] == "2027-03-29T06:00:00+02:00"
    assert moved["rules"][0]["preset"] == {"preset": "weekly", "on": ["MON"], "at": "06:00"}


def test_an_edit_of_a_paused_schedule_fires_nothing(api: APIClient, schedule: Schedule):
    api.post(f"{V1}/schedules/nightly/pause/", {"reason": "audit"})

    shown = api.post(URL, {"schedule": "nightly", "count": 1}).json()

    assert [row["fires"] for row in shown["results"]] == [False]
    assert shown["note"] == "paused by API key admin of acme: audit; nothing fires until it is resumed"


def test_an_h_that_is_not_decided_yet_is_noted(api: APIClient, workflow: Workflow):
    hashed = {**DAILY, "rules": [{"kind": "cron", "expression": "H 3 * * *"}]}

    assert api.post(URL, hashed).json()["note"].startswith("H is decided when the schedule is saved")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"rules": CRON}, "workflow"),
        ({**DAILY, "rules": [{"kind": "cron", "expression": "61 * * * *"}]}, "rules[0].expression"),
        ({**DAILY, "rules": [{"kind": "one_time", "at": "2020-01-01T00:00:00Z"}]}, "rules[0].at"),
        ({**DAILY, "timezone": "Mars/Olympus"}, "timezone"),
        ({**DAILY, "input": {"city": 1}}, "input.city"),
        ({**DAILY, "count": 0}, "count"),
        ({**DAILY, "after": "noon"}, "after"),
        ({**DAILY, "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_the_settings_is_named(api: APIClient, workflow: Workflow, body: dict, path: str):
    answer = api.post(URL, body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_a_preview_stays_within_the_organization(stranger: APIClient, program: Client, schedule: Schedule):
    assert paths(stranger.post(URL, DAILY)) == ["workflow"]
    assert program(Role.VIEWER).post(URL, DAILY).status_code == 200
    assert program(Role.VIEWER).post(URL, {**DAILY, "schedule": "weekly"}).status_code == 404
