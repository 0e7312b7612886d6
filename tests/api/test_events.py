"""The event log is read on from the last event that a client has."""

import pytest
from rest_framework.test import APIClient

import clock
from organizations.models import Organization
from schedules import services
from schedules.models import Schedule
from tests.api.conftest import V1, paths
from tests.events.test_log import await_settled

URL = f"{V1}/events/"


@pytest.mark.django_db(transaction=True)
def test_events_are_read_in_their_order_and_on_from_the_last(api: APIClient, schedule: Schedule):
    for _ in range(2):
        services.pause(schedule, by="kim", now=clock.now())
        services.resume(schedule, by="kim", now=clock.now())
    await_settled(4)

    first = api.get(URL, {"limit": 3}).json()
    rest = api.get(URL, {"after": first["results"][-1]["id"]}).json()

    assert api.get(URL, {"after": 0, "limit": 3}).json() == first
    types = [event["type"] for event in [*first["results"], *rest["results"]]]
    assert types == ["schedule.paused", "schedule.resumed"] * 2
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert first["results"][0]["schedule_id"] == str(schedule.pk)


@pytest.mark.django_db(transaction=True)
def test_another_organizations_event_is_no_place_to_read_on_from(
    api: APIClient, stranger: APIClient, schedule: Schedule, other: Organization
):
    services.pause(schedule, by="kim", now=clock.now())
    await_settled(1)
    last = api.get(URL).json()["results"][-1]["id"]

    assert stranger.get(URL).json()["results"] == []
    assert paths(stranger.get(URL, {"after": last})) == ["after"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"after": "x"}, "after"),
        ({"after": -1}, "after"),
        ({"after": 2**64}, "after"),
        ({"since": 1}, "since"),
    ],
)
def test_what_is_wrong_with_a_question_for_events_is_named(api: APIClient, query: dict, path: str):
    answer = api.get(URL, query)

    assert (answer.status_code, paths(answer)) == (400, [path])
