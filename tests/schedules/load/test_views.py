"""Planned load over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

import clock
from organizations.models import Organization
from organizations.roles import Role
from schedules.models import Schedule
from tests.schedules.load.conftest import MakeClient, MakeSchedule

URL = "/api/v1/load/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client_of: MakeClient) -> APIClient:
    return client_of(Role.VIEWER)


@pytest.fixture
def editor(client_of: MakeClient) -> APIClient:
    return client_of(Role.EDITOR)


@pytest.fixture
def noon(make: MakeSchedule) -> list[Schedule]:
    return [make(name, "0 12 * * *", now=clock.now()) for name in ("a", "b", "c")]


def paths(answer: Any) -> list[str]:
    return [field["path"] for field in answer.json()["error"]["fields"]]


@pytest.mark.usefixtures("noon")
def test_a_viewer_reads_the_planned_load(viewer: APIClient):
    shown = viewer.get(URL).json()

    assert shown["total_starts"] == sum(map(sum, shown["by_weekday"])) == 21
    assert [row[12] for row in shown["by_weekday"]] == [3] * 7
    assert (shown["peak_starts"], shown["peak_busy"]["value"]) == (
        {"at": shown["series"][0]["at"], "value": 3},
        3,
    )
    assert shown["schedules"] == {"exact": 3, "sampled": 0, "left_out": 0, "assumed_durations": 3}
    assert [(row["at"][11:], row["starts"], row["busy"]) for row in shown["series"]] == [
        ("12:00:00Z", 3, 3)
    ] * 7


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(("resolution", "rows"), [("minute", 2), ("hour", 2), ("day", 2)])
def test_the_series_is_as_close_as_it_is_asked_for(viewer: APIClient, resolution: str, rows: int):
    query: dict[str, Any] = {"days": 2, "resolution": resolution, "durations": "p95"}

    answer = viewer.get(URL, query)

    assert len(answer.json()["series"]) == rows


def test_an_organization_without_schedules_has_no_load(viewer: APIClient):
    shown = viewer.get(URL).json()

    assert (shown["total_starts"], shown["series"], shown["peak_busy"]["value"]) == (0, [], 0)


@pytest.mark.usefixtures("noon")
def test_collisions_name_the_minute_and_the_schedules(viewer: APIClient):
    shown = viewer.get(f"{URL}collisions/", {"limit": 1}).json()

    (minute,), (pattern,) = shown["results"], shown["patterns"]
    assert (minute["at"][11:], minute["count"]) == ("12:00:00Z", 3)
    assert [one["name"] for one in pattern["schedules"]] == ["a", "b", "c"]
    assert pattern["text"] == "12:00 UTC every day: 3 schedules"
    assert (pattern["hour"], pattern["minute"], pattern["weekdays"]) == (12, 0, list(range(7)))


@pytest.mark.usefixtures("noon")
def test_collisions_of_less_than_a_week_know_nothing_that_comes_back_every_week(viewer: APIClient):
    shown = viewer.get(f"{URL}collisions/", {"days": 1}).json()

    assert ([row["count"] for row in shown["results"]], shown["patterns"]) == ([3], [])


def test_duplicates_name_the_workflow_and_the_schedules(viewer: APIClient, noon: list[Schedule]):
    (group,) = viewer.get(f"{URL}duplicates/").json()["results"]

    assert (group["workflow_name"], group["same"], group["compared_until"]) == ("report", "rules", None)
    assert [one["id"] for one in group["schedules"]] == [str(one.pk) for one in noon]


def test_a_suggestion_can_be_sent_back(editor: APIClient, noon: list[Schedule]):
    suggested = editor.get(f"{URL}suggestions/").json()

    answer = editor.post(f"{URL}apply/", {"moves": [one["move"] for one in suggested["results"]]})

    assert (suggested["peak_before"], suggested["peak_after"]) == (3, 1)
    assert [(one["applied"], one["version"], one["refusal"]) for one in answer.json()["results"]] == [
        (True, 2, "")
    ] * 2
    assert editor.get(URL).json()["peak_starts"]["value"] == 1


@pytest.mark.usefixtures("noon")
def test_a_suggestion_shows_what_it_changes(viewer: APIClient):
    first = viewer.get(f"{URL}suggestions/", {"limit": 1, "days": 1}).json()["results"][0]

    assert first["name"] == "a"
    assert first["settings"]["rules"][0]["expression"] == "0 12 * * *"
    assert first["instead"]["rules"][0]["expression"] == "1 12 * * *"
    assert (first["peak_before"], first["peak_after"], first["move"]["minute"]) == (3, 2, 1)


def test_a_suggested_window_is_written_as_a_duration(editor: APIClient, make: MakeSchedule):
    for name in ("a", "b"):
        make(name, "0,30 * * * *", now=clock.now())

    first = editor.get(f"{URL}suggestions/").json()["results"][0]

    window = first["move"]["window"]
    assert window in {"5m", "15m", "1h"}  # the shortest that takes their hashed offsets apart
    assert first["instead"] == {"spread": "window", "spread_window": window}
    assert first["settings"] == {"spread": "none", "spread_window": "0s"}
    assert editor.post(f"{URL}apply/", {"moves": [first["move"]]}).json()["results"][0]["applied"]


def test_a_stale_move_is_told_and_not_made(editor: APIClient, noon: list[Schedule]):
    move = {"schedule": str(noon[0].pk), "version": 7, "kind": "H"}

    (told,) = editor.post(f"{URL}apply/", {"moves": [move]}).json()["results"]

    assert (told["applied"], told["version"], "version 1" in told["refusal"]) == (False, None, True)


def test_a_viewer_moves_nothing(viewer: APIClient, noon: list[Schedule]):
    move = {"schedule": str(noon[0].pk), "version": 1, "kind": "H"}

    assert viewer.post(f"{URL}apply/", {"moves": [move]}).status_code == 403
    assert Schedule.objects.get(name="a").version == 1


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("", {"days": 0}, "days"),
        ("", {"days": 32}, "days"),
        ("", {"resolution": "second"}, "resolution"),
        ("", {"durations": "max"}, "durations"),
        ("", {"until": "x"}, "until"),
        ("collisions/", {"days": 0}, "days"),
        ("collisions/", {"limit": 51}, "limit"),
        ("duplicates/", {"days": 3}, "days"),
        ("suggestions/", {"limit": "many"}, "limit"),
    ],
)
def test_a_wrong_query_is_named(viewer: APIClient, path: str, query: dict[str, Any], named: str):
    answer = viewer.get(URL + path, query)

    assert (answer.status_code, paths(answer)) == (400, [named])


def test_a_move_may_name_its_schedule(editor: APIClient, noon: list[Schedule]):
    move = {"schedule": "a", "version": 1, "kind": "H"}

    (told,) = editor.post(f"{URL}apply/", {"moves": [move]}).json()["results"]

    assert (told["applied"], told["schedule"]) == (True, str(noon[0].pk))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "later"}, "moves[0].kind"),
        ({"kind": "offset"}, "moves[0].minute"),
        ({"kind": "offset", "minute": 60}, "moves[0].minute"),
        ({"kind": "H", "minute": 5}, "moves[0].minute"),
        ({"kind": "window"}, "moves[0].window"),
        ({"kind": "window", "window": "0s"}, "moves[0].window"),
        ({"kind": "window", "window": "2d"}, "moves[0].window"),
        ({"version": 0}, "moves[0].version"),
        ({"schedule": "nightly"}, "moves[0].schedule"),
        ({"rules": []}, "moves[0].rules"),
    ],
)
def test_a_wrong_move_is_named(editor: APIClient, noon: list[Schedule], changes: dict[str, Any], named: str):
    move = {"schedule": str(noon[0].pk), "version": 1, "kind": "H", **changes}

    answer = editor.post(f"{URL}apply/", {"moves": [move]})

    assert (answer.status_code, paths(answer)) == (400, [named])


@pytest.mark.parametrize("body", [{}, {"moves": []}, {"moves": {}}, {"moves": "all"}])
def test_moves_that_are_no_list_of_moves_are_refused(editor: APIClient, body: dict[str, Any]):
    answer = editor.post(f"{URL}apply/", body)

    assert (answer.status_code, paths(answer)) == (400, ["moves"])


@pytest.mark.usefixtures("noon")
def test_another_organization_sees_nothing_of_it(client_of: MakeClient, other: Organization):
    stranger = client_of(Role.ADMIN, of=other)

    assert stranger.get(URL).json()["total_starts"] == 0
    assert stranger.get(f"{URL}collisions/").json() == {"results": [], "patterns": []}
    assert stranger.get(f"{URL}duplicates/").json() == {"results": []}
    assert stranger.get(f"{URL}suggestions/").json()["results"] == []
