"""The versions of a schedule's settings, and the way back."""

import pytest
from rest_framework.test import APIClient

from organizations.roles import Role
from schedules.models import Schedule
from tests.api.conftest import CRON, V1, Client, paths

ONE = f"{V1}/schedules/nightly/"
VERSIONS = f"{ONE}versions/"
NOON = [{"kind": "cron", "expression": "0 12 * * *"}]

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(api: APIClient, schedule: Schedule) -> Schedule:
    """Return a schedule of three versions."""
    api.patch(ONE, {"rules": NOON, "catchup_window": "90m", "reason": "after the import"})
    api.patch(ONE, {"description": "the digest"})
    return schedule


def test_the_versions_say_who_changed_what_and_why(api: APIClient, edited: Schedule):
    third, second, first = api.get(VERSIONS).json()["results"]

    assert [row["version"] for row in (third, second, first)] == [3, 2, 1]
    assert third["changes"] == [{"field": "description", "before": "", "after": "the digest"}]
    assert (second["by"], second["reason"]) == ("API key admin of acme", "after the import")
    assert [change["field"] for change in second["changes"]] == ["rules", "catchup_window"]
    assert second["changes"][1] == {"field": "catchup_window", "before": "1d", "after": "1h30m"}
    assert first["changes"] == []


def test_a_page_of_versions_knows_the_version_before_its_last(api: APIClient, edited: Schedule):
    page = api.get(VERSIONS, {"limit": 1}).json()

    assert [change["field"] for change in page["results"][0]["changes"]] == ["description"]
    following = api.get(page["next"]).json()["results"]
    assert [row["version"] for row in following] == [2]


def test_a_version_has_all_its_settings(api: APIClient, edited: Schedule):
    answer = api.get(f"{VERSIONS}1/")

    shown = answer.json()
    assert (answer.status_code, shown["version"]) == (200, 1)
    assert shown["settings"]["rules"][0]["expression"] == CRON[0]["expression"]
    assert (shown["settings"]["catchup_window"], shown["settings"]["workflow"]) == (
        "1d",
        str(edited.workflow_id),
    )


def test_a_rollback_is_a_new_version_and_says_how_the_fires_change(api: APIClient, edited: Schedule):
    answer = api.post(f"{ONE}rollback/", {"to": 1})

    shown = answer.json()
    assert (answer.status_code, answer["ETag"], shown["version"]) == (200, '"4"', 4)
    assert shown["rules"][0]["expression"] == CRON[0]["expression"]
    assert {at[11:16] for at in shown["fires_changed"]["removed"]} == {"12:00"}
    assert {at[11:16] for at in shown["fires_changed"]["added"]} == {"06:00"}
    assert api.get(VERSIONS).json()["results"][0]["reason"] == "back to version 1"


def test_a_rollback_that_is_based_on_an_older_version_is_refused(api: APIClient, edited: Schedule):
    by_body = api.post(f"{ONE}rollback/", {"to": 1, "version": 2})
    by_header = api.post(f"{ONE}rollback/", {"to": 1}, headers={"If-Match": '"2"'})

    assert (by_body.status_code, by_header.status_code) == (409, 409)
    assert api.get(ONE).json()["version"] == 3


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [({}, 400, "to"), ({"to": 0}, 400, "to"), ({"to": "x"}, 400, "to"), ({"to": 9}, 404, "to")],
)
def test_a_version_that_is_not_there_is_named(
    api: APIClient, edited: Schedule, body: dict, status: int, path: str
):
    answer = api.post(f"{ONE}rollback/", body)

    assert (answer.status_code, paths(answer)) == (status, [path])
    assert api.get(f"{VERSIONS}9/").status_code == 404
    assert paths(api.post(f"{ONE}rollback/", {"to": 1, "form": 2})) == ["form"]


def test_another_organization_sees_no_versions_and_a_viewer_rolls_nothing_back(
    stranger: APIClient, program: Client, edited: Schedule
):
    theirs = f"{V1}/schedules/{edited.pk}/"

    assert stranger.get(f"{theirs}versions/").status_code == 404
    assert stranger.get(f"{theirs}versions/1/").status_code == 404
    assert stranger.post(f"{theirs}rollback/", {"to": 1}).status_code == 404
    assert program(Role.VIEWER).get(VERSIONS).status_code == 200
    assert program(Role.OPERATOR).post(f"{ONE}rollback/", {"to": 1}).status_code == 403
