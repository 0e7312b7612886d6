"""Schedules: made, changed, paused, triggered."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from executions.models import Execution
from schedules.models import Schedule, SkippedFire
from tests.api.conftest import CRON, V1, names, paths
from workflows.models import Workflow

URL = f"{V1}/schedules/"
ONE = f"{URL}nightly/"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_a_created_schedule_fires_from_now_on(api: APIClient, workflow: Workflow):
    body = {
        "name": "nightly",
        "workflow": "report",
        "rules": CRON,
        "timezone": "Europe/Berlin",
        "catchup_window": "1h30m",
        "start_at": "2030-01-01T00:00:00+01:00",
    }

    answer = api.post(URL, body)

    shown = answer.json()
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    assert (shown["state"], shown["workflow"], shown["workflow_name"]) == (
        "active",
        str(workflow.pk),
        "report",
    )
    assert (shown["catchup_window"], shown["start_at"]) == ("1h30m", "2029-12-31T23:00:00Z")
    assert shown["next_fire_at"] == "2030-01-01T05:00:00Z"
    assert shown["created_by"] == "API key admin of acme"


def test_the_document_that_was_read_can_be_put_back(api: APIClient, schedule: Schedule):
    document = api.get(ONE).json()

    answer = api.put(ONE, {**document, "description": "new"})

    assert answer.status_code == 200
    changing = ("description", "version", "updated_at", "fires_changed", "cautions")
    assert {key: value for key, value in answer.json().items() if key not in changing} == {
        key: value for key, value in document.items() if key not in changing
    }
    assert answer.json()["version"] == 2


def test_the_answer_to_a_put_can_be_put_back(api: APIClient, schedule: Schedule):
    document = api.put(ONE, {**api.get(ONE).json(), "description": "new"}).json()

    assert api.put(ONE, {**document, "description": "newer"}).status_code == 200


def test_a_put_gives_what_it_leaves_out_its_default(api: APIClient, make_schedule):
    make_schedule("nightly", priority=9, description="old")

    api.put(ONE, {"name": "nightly", "workflow": "report", "rules": CRON})

    assert (api.get(ONE).json()["priority"], api.get(ONE).json()["description"]) == (5, "")


def test_a_patch_changes_what_it_sends(api: APIClient, schedule: Schedule):
    answer = api.patch(ONE, {"rules": [{"kind": "interval", "every_seconds": 90}], "catchup_window": 120})

    assert answer.json()["rules"][0]["every_seconds"] == 90
    assert answer.json()["catchup_window"] == "2m"
    assert answer.json()["name"] == "nightly"


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("by_header", [True, False])
def test_a_stale_write_is_refused(api: APIClient, schedule: Schedule, method: str, by_header: bool):
    body = {"name": "nightly", "workflow": "report", "rules": CRON}
    api.patch(ONE, {"description": "somebody else's"})

    if by_header:
        answer = getattr(api, method)(ONE, body, headers={"If-Match": '"1"'})
    else:
        answer = getattr(api, method)(ONE, {**body, "version": 1})

    assert answer.status_code == 409
    assert (answer.json()["error"]["code"], paths(answer)) == ("stale", ["version"])
    assert api.get(ONE).json()["description"] == "somebody else's"


def test_a_write_on_the_newest_version_is_accepted(api: APIClient, schedule: Schedule):
    etag = api.get(ONE)["ETag"]

    answer = api.patch(ONE, {"description": "mine"}, headers={"If-Match": etag})

    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert api.patch(ONE, {"description": "x"}, headers={"If-Match": "*"}).status_code == 200


def test_an_if_match_that_is_no_etag_is_refused(api: APIClient, schedule: Schedule):
    assert paths(api.patch(ONE, {"description": "x"}, headers={"If-Match": "one"})) == ["If-Match"]
    both = api.patch(ONE, {"version": 2}, headers={"If-Match": '"1"'})
    assert paths(both) == ["version"]


def test_a_paused_schedule_says_why_and_resumes(api: APIClient, schedule: Schedule):
    paused = api.post(f"{ONE}pause/", {"reason": "holidays"}).json()
    again = api.post(f"{ONE}pause/", {"until": "2100-01-01T00:00:00Z"}).json()
    resumed = api.post(f"{ONE}resume/").json()

    assert (paused["state"], paused["pause_reason"]) == ("paused", "holidays")
    assert paused["paused_by"] == "API key admin of acme"
    assert (again["pause_reason"], again["paused_until"]) == ("holidays", "2100-01-01T00:00:00Z")
    assert (resumed["state"], resumed["pause_reason"]) == ("active", "")
    assert api.post(f"{ONE}resume/").status_code == 409


def test_a_trigger_starts_the_workflow_with_the_schedules_own_input(api: APIClient, make_schedule):
    schedule = make_schedule("nightly", input={"city": "Bern"}, priority=7)

    answer = api.post(f"{ONE}trigger/")

    execution = Execution.objects.get(pk=answer.json()["id"])
    assert (answer.status_code, answer.json()["result"]) == (201, "created")
    assert (execution.schedule_id, execution.priority, execution.input) == (schedule.pk, 7, {"city": "Bern"})


def test_a_trigger_with_a_repeated_key_is_replayed(api: APIClient, schedule: Schedule):
    first = api.post(f"{ONE}trigger/", {"input": {"city": "Rome"}, "idempotency_key": "k"})
    second = api.post(f"{ONE}trigger/", {"input": {"city": "Rome"}}, headers={"Idempotency-Key": "k"})
    other = api.post(f"{ONE}trigger/", {"idempotency_key": "k"})

    assert (second.status_code, second.json()) == (200, {"id": first.json()["id"], "result": "replayed"})
    assert (other.status_code, paths(other)) == (422, ["idempotency_key"])


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"input": 1}, "input"),
        ({"input": {"city": 1}}, "input.city"),
        ({"priority": -1}, "priority"),
        ({"queue": "fast"}, "queue"),
        ({"idempotency_key": "a\nb"}, "idempotency_key"),
    ],
)
def test_what_is_wrong_with_a_trigger_is_named(api: APIClient, schedule: Schedule, body: dict, path: str):
    answer = api.post(f"{ONE}trigger/", body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_next_runs_are_shown_in_utc_and_in_the_schedules_zone(api: APIClient, make_schedule):
    make_schedule("nightly", timezone="Europe/Berlin")

    rows = api.get(f"{ONE}next-runs/", {"count": "2", "after": "2026-03-27T12:00:00Z"}).json()["results"]

    assert [{name: row[name] for name in ("fire_at", "local")} for row in rows] == [
        {"fire_at": "2026-03-28T05:00:00Z", "local": "2026-03-28T06:00:00+01:00"},
        {"fire_at": "2026-03-29T04:00:00Z", "local": "2026-03-29T06:00:00+02:00"},
    ]
    assert len(api.get(f"{ONE}next-runs/").json()["results"]) == 10


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"count": 0}, "count"),
        ({"count": 101}, "count"),
        ({"count": "many"}, "count"),
        ({"after": "yesterday"}, "after"),
        ({"after": "2026-01-01T00:00:00"}, "after"),
        ({"after": "0001-01-01T00:00:00Z"}, "after"),
        ({"until": "2026-01-01T00:00:00Z"}, "until"),
    ],
)
def test_what_is_wrong_with_a_question_for_next_runs_is_named(
    api: APIClient, schedule: Schedule, query: dict, path: str
):
    answer = api.get(f"{ONE}next-runs/", query)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_skipped_times_are_listed_with_their_reason(api: APIClient, schedule: Schedule):
    SkippedFire.objects.create(
        schedule=schedule, first_fire_at=NOON, last_fire_at=NOON, count=3, reason="misfire", created_at=NOON
    )

    (row,) = api.get(f"{ONE}skipped/").json()["results"]

    assert (row["count"], row["reason"], row["last_fire_at"]) == (3, "misfire", "2026-12-01T12:00:00Z")


def test_an_archived_schedule_has_only_its_id_left(api: APIClient, schedule: Schedule, make_schedule):
    assert api.delete(ONE).status_code == 204

    assert api.get(ONE).status_code == 404
    assert api.get(f"{URL}{schedule.pk}/").json()["state"] == "archived"
    assert api.delete(f"{URL}{schedule.pk}/").status_code == 409
    assert api.patch(f"{URL}{schedule.pk}/", {"description": "x"}).status_code == 409
    assert api.post(f"{URL}{schedule.pk}/trigger/").status_code == 409
    assert names(api.get(URL)) == []
    make_schedule("nightly")
    assert names(api.get(URL)) == ["nightly"]


def test_a_list_is_narrowed_by_state_workflow_and_name(api: APIClient, schedule: Schedule, make_schedule):
    make_schedule("hourly")
    api.post(f"{ONE}pause/")

    assert names(api.get(URL)) == ["hourly", "nightly"]
    assert names(api.get(URL, {"state": "paused"})) == ["nightly"]
    assert names(api.get(URL, {"search": "hour"})) == ["hourly"]
    assert names(api.get(URL, {"workflow": "report"})) == ["hourly", "nightly"]
    assert names(api.get(URL, {"workflow": str(schedule.workflow_id)})) == ["hourly", "nightly"]
    assert names(api.get(URL, {"workflow": "nothing"})) == []


def test_a_name_that_is_taken_is_a_conflict(api: APIClient, schedule: Schedule, make_schedule):
    make_schedule("hourly")

    for answer in (
        api.post(URL, {"name": "nightly", "workflow": "report", "rules": CRON}),
        api.patch(ONE, {"name": "hourly"}),
    ):
        assert (answer.status_code, paths(answer)) == (409, ["name"])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "Not a name"}, "name"),
        ({"workflow": "nothing"}, "workflow"),
        ({"workflow": 5}, "workflow"),
        ({"workflow": None}, "workflow"),
        ({"rules": []}, "rules"),
        ({"rules": None}, "rules"),
        ({"rules": "0 6 * * *"}, "rules"),
        ({"rules": [5]}, "rules[0].kind"),
        ({"rules": [{"kind": "cron", "expression": "0 25 * * *"}]}, "rules[0].expression"),
        ({"rules": [{"kind": "interval", "every_seconds": 0}]}, "rules[0].every_seconds"),
        ({"rules": [{"kind": "one_time", "at": "2001-01-01T00:00:00"}]}, "rules[0].at"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "UTC\0"}, "timezone"),
        ({"start_at": "2026-01-01"}, "start_at"),
        ({"start_at": "2026-01-01T00:00:00"}, "start_at"),
        ({"start_at": "0001-01-01T00:00:00Z"}, "start_at"),
        ({"end_at": "9999-12-31T23:59:59-12:00"}, "end_at"),
        ({"end_at": "2001-01-01T00:00:00Z"}, "end_at"),
        ({"dst_gap": "jump"}, "dst_gap"),
        ({"dst_overlap": "third"}, "dst_overlap"),
        ({"catchup": "some"}, "catchup"),
        ({"catchup_window": "soon"}, "catchup_window"),
        ({"catchup_window": "31d"}, "catchup_window"),
        ({"catchup_window": True}, "catchup_window"),
        ({"priority": 10}, "priority"),
        ({"queue": "no spaces"}, "queue"),
        ({"input": []}, "input"),
        ({"input": {"city": 5}}, "input.city"),
        ({"description": "x" * 2001}, "description"),
        ({"version": 0}, "version"),
        ({"state": "paused"}, "state"),
        ({"timezon": "UTC"}, "timezon"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_what_is_wrong_with_a_schedule_is_named(
    api: APIClient, schedule: Schedule, change: dict, path: str, is_new: bool
):
    body = {"name": "hourly", "workflow": "report", "rules": CRON, **change}

    answer = api.post(URL, body) if is_new else api.patch(ONE, change)

    assert answer.status_code == 400
    assert paths(answer) == [path]
