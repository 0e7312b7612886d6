"""Refusals say what to write, or what to do, instead."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from schedules.models import Schedule
from tests.api.conftest import CRON, V1, paths

URL = f"{V1}/schedules/"
ONE = f"{URL}nightly/"

pytestmark = pytest.mark.django_db


def said(answer: Any) -> dict[str, str]:
    return {field["path"]: field["message"] for field in answer.json()["error"]["fields"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"overlap": "foo"}, "write one of skip, buffer_one, "),
        ({"overlap": None}, "null is none; write one of skip, "),
        ({"max_active": "x"}, "write a whole number from 1 to 1000"),
        ({"max_active": 1.5}, "write a whole number from 1 to 1000"),
        ({"max_active": 0}, "write a whole number from 1 to 1000"),
        ({"max_active": 1001}, "write a whole number from 1 to 1000"),
        ({"version": 0}, "write a whole number, at least 1"),
        ({"name": ""}, "empty; write text of at most 100 characters"),
        ({"name": None}, "null is none; write text of at most 100 characters"),
        ({"name": True}, "write text of at most 100 characters"),
        ({"description": "x" * 2001}, "write text of at most 2000 characters"),
        ({"start_at": "soon"}, "write a time with its offset from UTC, such as "),
        ({"start_at": 5}, "write a time with its offset from UTC, such as "),
        ({"start_at": "2026-01-01T00:00:00"}, "needs an offset from UTC, such as "),
        ({"start_at": "0001-01-01T00:00:00+14:00"}, "the year must be from 1970 to 2199"),
        ({"start_at": "9999-12-31T23:59:59-12:00"}, "the year must be from 1970 to 2199"),
        ({"spread_window": None}, "null is none; write a duration, such as 1h30m, or leave it out"),
        ({"rules": None}, "null is none; write a list of 1 to 20 rules"),
        ({"calendars": None}, "null is none; write a list of ids or names of calendars"),
        ({"input": None}, "null is none; write a JSON object"),
        ({"workflow": None}, "null is none; write the id or the name of a workflow"),
    ],
)
def test_a_wrong_value_is_answered_with_what_to_write(
    api: APIClient, schedule: Schedule, body: dict, message: str
):
    (path,) = body

    answer = api.patch(ONE, body)

    assert answer.status_code == 400
    assert said(answer)[path].startswith(message)


def test_what_is_missing_is_answered_with_what_to_write(api: APIClient):
    assert said(api.post(URL, {})) == {
        "name": "missing; write text of at most 100 characters",
        "workflow": "missing; write the id or the name of a workflow",
        "rules": "missing; write a list of 1 to 20 rules, each with its `kind`",
    }


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("schedules/", {"state": "on"}, "write one of active, paused, "),
        ("executions/", {"created_after": "soon"}, "write a time with its offset from UTC"),
        ("events/", {"limit": "x"}, "write a whole number from 1 to 200"),
        ("load/", {"resolution": "second"}, "write one of minute, hour, day"),
    ],
)
def test_a_wrong_query_is_answered_with_what_to_write(api: APIClient, path: str, query: dict, message: str):
    (name,) = query

    assert said(api.get(f"{V1}/{path}", query))[name].startswith(message)


def test_moves_that_are_no_list_are_answered_with_what_to_write(api: APIClient):
    assert said(api.post(f"{V1}/load/apply/", {"moves": []}))["moves"].startswith("write a list of 1 to ")
    assert said(api.post(f"{V1}/load/apply/", {"moves": [1]}))["moves[0]"] == "write a JSON object, not int"


def test_a_wrong_rule_is_told_beside_a_wrong_workflow(api: APIClient):
    rules = [{"kind": "cron", "expression": "0 25 * * *"}]

    answer = api.post(URL, {"name": "x", "workflow": "nothing", "rules": rules})

    assert set(paths(answer)) == {"workflow", "rules[0].expression"}


@pytest.mark.parametrize("name", ["Not a name", "preview", "schema"])
def test_a_wrong_name_is_refused_without_talk_of_other_things(api: APIClient, schedule: Schedule, name: str):
    answer = api.patch(ONE, {"name": name})

    assert (answer.status_code, paths(answer)) == (400, ["name"])
    assert "not `schema`" not in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("before", "action", "remedy"),
    [
        ([], "resume", "it fires already"),
        ([], "purge", "archive it first"),
        (["pause"], "skip", "resume it, then"),
        (["disable"], "disable", "until it is enabled"),
        (["disable"], "pause", "nothing to pause"),
    ],
)
def test_what_the_state_does_not_allow_is_answered_with_what_to_do(
    api: APIClient, schedule: Schedule, before: list[str], action: str, remedy: str
):
    for first in before:
        api.post(f"{ONE}{first}/")

    answer = api.post(f"{ONE}{action}/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "illegal_move")
    assert remedy in answer.json()["error"]["message"]
    assert "cannot become" not in answer.json()["error"]["message"]


def test_a_repeated_pause_changes_only_what_it_says(api: APIClient, schedule: Schedule):
    api.post(f"{ONE}pause/", {"reason": "holidays", "until": "2100-01-01T00:00:00Z"})

    silent = api.post(f"{ONE}pause/").json()
    spoken = api.post(f"{ONE}pause/", {"reason": "a strike"}).json()

    assert (silent["pause_reason"], silent["paused_until"]) == ("holidays", "2100-01-01T00:00:00Z")
    assert (spoken["pause_reason"], spoken["paused_until"]) == ("a strike", None)


def test_executions_are_narrowed_by_the_name_of_their_schedule(api: APIClient, schedule: Schedule):
    started = api.post(f"{ONE}trigger/").json()["id"]

    found = api.get(f"{V1}/executions/", {"schedule": "nightly"}).json()["results"]

    assert [row["id"] for row in found] == [started]
    assert api.get(f"{V1}/executions/", {"schedule": "hourly"}).json()["results"] == []


def test_another_organizations_schedule_narrows_to_nothing(
    api: APIClient, stranger: APIClient, schedule: Schedule
):
    api.post(f"{ONE}trigger/")

    assert stranger.get(f"{V1}/executions/", {"schedule": "nightly"}).json()["results"] == []


def test_putting_back_what_is_not_left_out_is_refused(api: APIClient, schedule: Schedule):
    answer = api.post(f"{ONE}unskip/", {"at": "2030-01-01T00:00:00Z"})

    assert (answer.status_code, paths(answer)) == (400, ["at"])


def test_a_rollback_says_why_and_a_missing_version_names_no_field(api: APIClient, schedule: Schedule):
    api.patch(ONE, {"rules": [{"kind": "cron", "expression": "0 7 * * *"}]})

    rolled = api.post(f"{ONE}rollback/", {"to": 1, "reason": "too late"}).json()

    assert rolled["rules"][0]["expression"] == CRON[0]["expression"]
    assert api.get(f"{ONE}versions/").json()["results"][0]["reason"] == "back to version 1: too late"
    assert (api.get(f"{ONE}versions/99/").status_code, paths(api.get(f"{ONE}versions/99/"))) == (404, [])
