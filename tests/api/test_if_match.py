"""A request that says on which version it is based is refused once there is a newer one."""

import pytest
from rest_framework.test import APIClient

from executions.models import Execution
from schedules.models import Schedule
from tests.api.conftest import V1, paths

ONE = f"{V1}/schedules/nightly/"
ACTIONS = ["pause", "resume", "disable", "enable", "skip", "unskip", "trigger", "purge"]
BODIES = {"unskip": {"at": "2030-01-01T00:00:00Z"}}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_on_an_older_version_is_refused(api: APIClient, schedule: Schedule, action: str):
    answer = api.post(f"{ONE}{action}/", BODIES.get(action), headers={"If-Match": '"77"'})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale")
    assert api.get(ONE).json()["state"] == "active"
    assert not Execution.objects.exists()


@pytest.mark.parametrize("action", ["pause", "disable", "skip", "trigger"])
def test_an_action_on_the_newest_version_is_done(api: APIClient, schedule: Schedule, action: str):
    assert api.post(f"{ONE}{action}/", headers={"If-Match": '"1"'}).status_code in {200, 201}


def test_an_archiving_on_an_older_version_is_refused(api: APIClient, schedule: Schedule):
    assert api.delete(ONE, headers={"If-Match": '"77"'}).status_code == 409
    assert paths(api.delete(ONE, headers={"If-Match": "77"})) == ["If-Match"]
    assert api.delete(ONE, headers={"If-Match": '"1"'}).status_code == 204


def test_a_put_of_what_was_read_is_no_new_version(api: APIClient, schedule: Schedule):
    document = api.get(ONE).json()

    answer = api.put(ONE, document)

    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert (answer.json()["fires_changed"]["removed"], answer.json()["fires_changed"]["added"]) == ([], [])
    assert api.get(ONE).json() == document
    assert len(api.get(f"{ONE}versions/").json()["results"]) == 1
