"""Calendars: written, asked for their days, and what an edit of one does to schedules."""

from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from tests.api.conftest import V1, paths

URL = f"{V1}/calendars/"
ONE = f"{URL}closed/"
WEEKEND = [{"kind": "weekly", "days": ["SAT", "SUN"]}]
ALWAYS = [{"kind": "weekly", "days": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]}]

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar(api: APIClient) -> dict[str, Any]:
    made: dict[str, Any] = api.post(URL, {"name": "closed", "entries": WEEKEND}).json()
    return made


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"timezone": "x"}, "timezone"),
        ({"from_date": "1950-01-01"}, "from_date"),
        ({"from_date": "soon"}, "from_date"),
        ({"days": 0}, "days"),
    ],
)
def test_what_is_wrong_with_a_question_for_days_is_named(
    api: APIClient, calendar: dict, query: dict, path: str
):
    answer = api.get(f"{ONE}days/", query)

    assert (answer.status_code, paths(answer)) == (400, [path])


@pytest.mark.parametrize("name", ["Not a name", "schema"])
def test_a_wrong_name_is_refused_without_talk_of_other_things(api: APIClient, name: str):
    answer = api.post(URL, {"name": name, "entries": []})

    assert (answer.status_code, paths(answer)) == (400, ["name"])
    assert "not `schema`" not in answer.json()["error"]["message"]


def test_an_edit_tells_whom_it_silences(api: APIClient, calendar: dict, make_schedule):
    make_schedule("nightly", calendars=[UUID(calendar["id"])])
    make_schedule("free")

    harmless = api.patch(ONE, {"description": "new"}).json()["affects"]
    silent = api.patch(ONE, {"entries": ALWAYS}).json()["affects"]

    assert harmless == {"schedules": 1, "silenced": []}
    assert silent == {"schedules": 1, "silenced": ["nightly"]}


def test_a_put_of_what_was_read_changes_nothing(api: APIClient, calendar: dict):
    document = api.get(ONE).json()

    answer = api.put(ONE, document)

    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert api.get(ONE).json() == document


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_stale_edit_names_the_calendar(api: APIClient, calendar: dict, method: str):
    answer = getattr(api, method)(ONE, headers={"If-Match": '"3"'})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale")
    assert "calendar 'closed' is at version 1" in answer.json()["error"]["message"]
    assert api.delete(ONE, headers={"If-Match": '"1"'}).status_code == 204
