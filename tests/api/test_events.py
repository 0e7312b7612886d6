"""The event log is read on from the last event that a client has."""

from typing import Any

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


@pytest.mark.django_db(transaction=True)
def test_the_log_is_narrowed_and_read_on_within_that(api: APIClient):
    for number in range(6):
        kind, source = ("order.paid", "/shop") if number % 2 else ("stock.low", "/store")
        event = {"specversion": "1.0", "id": str(number), "source": source, "type": kind, "subject": "seven"}
        assert api.post(URL, event).status_code == 201
    await_settled(6)
    query: dict[str, Any] = {
        "type": "order.*",
        "source": "/shop",
        "subject": "seven",
        "since": "2026-01-01T00:00:00Z",
    }

    first = api.get(URL, {**query, "limit": 2}).json()
    rest = api.get(URL, {**query, "after": first["results"][-1]["id"]}).json()

    assert [event["external_id"] for event in first["results"] + rest["results"]] == ["1", "3", "5"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert api.get(URL, {"until": "2026-01-01T00:00:00Z"}).json()["results"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"after": "x"}, "after"),
        ({"after": -1}, "after"),
        ({"after": 2**64}, "after"),
        ({"since": 1}, "since"),
        ({"since": "2026-11-20T12:00:00"}, "since"),
        ({"until": "noon"}, "until"),
        ({"type": "order.*.paid"}, "type"),
        ({"type": "order paid"}, "type"),
        ({"type": "t" * 256}, "type"),
        ({"source": "a\0b"}, "source"),
        ({"subject": "a\nb"}, "subject"),
        ({"types": "order.*"}, "types"),
    ],
)
def test_what_is_wrong_with_a_question_for_events_is_named(api: APIClient, query: dict, path: str):
    answer = api.get(URL, query)

    assert (answer.status_code, paths(answer)) == (400, [path])
