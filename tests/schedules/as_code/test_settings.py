"""Every wrong setting is named by its place in the file, and nothing is half-saved."""

from typing import Any

import pytest

from organizations.models import Organization
from schedules.as_code.errors import InvalidFile
from schedules.models import Calendar, Schedule
from tests.schedules.as_code.conftest import Run, file_of
from workflows import services as workflows


@pytest.mark.parametrize(
    ("settings", "path", "words"),
    [
        ({"rules": [{"kind": "cron", "expression": "61 * * * *"}]}, "rules[0].expression", "minute"),
        ({"rules": [{"kind": "lunar"}]}, "rules[0].kind", "one of cron"),
        ({"rules": [{"preset": "daily", "at": "25:00"}]}, "rules[0].at", "time of day"),
        ({"rules": [{"kind": "one_time", "at": "2020-01-01T00:00:00Z"}]}, "rules[0].at", "in the future"),
        ({"rules": "0 9 * * *"}, "rules", "list of 1 to 20 rules"),
        ({"rules": []}, "rules", "list of 1 to 20 rules"),
        ({"workflow": "nothing"}, "workflow", "there is no workflow 'nothing'"),
        ({"workflow": 7}, "workflow", "write the name"),
        ({"workflow": None}, "workflow", "null is none; write"),
        ({"timezone": "Mars/Olympus"}, "timezone", "IANA"),
        ({"timezone": 1}, "timezone", "write text"),
        ({"start_at": "2026-12-01T09:00:00"}, "start_at", "offset from UTC"),
        ({"start_at": 20261201}, "start_at", "write text"),
        ({"end_at": "2026-05-01T00:00:00Z"}, "end_at", "after the end"),
        ({"dst_gap": "later"}, "dst_gap", "write one of at_gap_end, "),
        ({"calendars": ["nothing"]}, "calendars", "there is no calendar 'nothing'"),
        ({"calendars": "nothing"}, "calendars", "a list of names"),
        ({"spread": "jitter", "spread_window": "48h"}, "spread_window", "24 hours"),
        ({"overlap": "maybe"}, "overlap", "write one of skip, "),
        ({"max_active": 2, "overlap": "cancel_other"}, "max_active", "keeps one run"),
        ({"catchup_window": "soon"}, "catchup_window", "not a duration"),
        ({"catchup_window": "90d"}, "catchup_window", "30 days"),
        ({"start_deadline": True}, "start_deadline", "not a duration"),
        ({"priority": 10}, "priority", "9"),
        ({"priority": "5"}, "priority", "without quotes"),
        ({"priority": 5.0}, "priority", "without quotes"),
        ({"priority": True}, "priority", "without quotes"),
        ({"queue": "no spaces"}, "queue", ""),
        ({"queue": 1.10}, "queue", "in quotes"),
        ({"description": 5}, "description", "in quotes"),
        ({"input": [1]}, "input", "write a JSON object"),
        ({"input": {"n": "x"}}, "input.n", ""),
        ({"prioritty": 5}, "prioritty", "there is no such field"),
        ({"managed_by": "me"}, "managed_by", "cannot be written"),
        ({"state": "paused"}, "state", "cannot be written"),
        ({"version": 1}, "version", "cannot be written"),
        ({"reason": "why"}, "reason", "there is no such field"),
    ],
)
def test_a_wrong_setting_is_named_by_its_place(
    apply: Run, settings: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(InvalidFile) as refusal:
        apply(file_of(good={}, nightly=settings))

    (problem,) = refusal.value.errors
    assert problem["path"] == f"schedules.nightly.{path}"
    assert words in problem["message"]
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("name", ["Nightly", "no spaces", "ä", "", "x" * 101])
def test_a_wrong_name_is_refused(plan: Run, name: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        plan(file_of(**{f"'{name}'": {}}))

    assert refusal.value.errors[0]["path"].endswith(".name")


def test_a_setting_that_is_missing_is_named(plan: Run) -> None:
    with pytest.raises(InvalidFile) as refusal:
        plan("horarium: 1\nschedules: {nightly: {}}")

    assert {one["path"] for one in refusal.value.errors} == {
        "schedules.nightly.workflow",
        "schedules.nightly.rules",
    }


def test_the_problems_of_all_schedules_are_told_at_once(plan: Run) -> None:
    with pytest.raises(InvalidFile) as refusal:
        plan(file_of(a={"priority": 10, "timezone": 1}, b={"queue": "no spaces"}, c={}))

    assert [one["path"] for one in refusal.value.errors] == [
        "schedules.a.priority",
        "schedules.a.timezone",
        "schedules.b.queue",
    ]


def test_a_change_that_is_wrong_is_named_and_changes_nothing(apply: Run) -> None:
    apply(file_of(a={}, b={}))

    with pytest.raises(InvalidFile, match=r"schedules\.b\.timezone"):
        apply(file_of(a={"priority": 9}, b={"timezone": "Nowhere"}))

    assert set(Schedule.objects.values_list("version", "priority")) == {(1, 5)}


@pytest.mark.parametrize(
    ("calendar", "path", "words"),
    [
        ("{}", "entries", "missing; write a list"),
        ("{entries: [{kind: lunar}]}", "entries[0].kind", "one of holidays"),
        ("{entries: [{kind: dates, dates: [soon]}]}", "entries[0].dates[0]", "not a date"),
        ("{entries: text}", "entries", "a list of at most"),
        ("{entries: [], description: 5}", "description", "in quotes"),
        ("{entries: [], enabled: false}", "enabled", "no such field"),
    ],
)
def test_a_wrong_calendar_is_named_by_its_place(plan: Run, calendar: str, path: str, words: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        plan(f"horarium: 1\ncalendars: {{free: {calendar}}}")

    (problem,) = refusal.value.errors
    assert problem["path"] == f"calendars.free.{path}"
    assert words in problem["message"]
    assert not Calendar.objects.exists()


def test_the_names_of_another_organization_do_not_exist_here(plan: Run) -> None:
    other = Organization.objects.create(slug="globex", name="Globex")
    workflows.create(other, name="secret", definition={"steps": [{"id": "a", "kind": "set", "values": {}}]})
    Calendar.objects.create(organization=other, name="theirs", entries=[], created_at="2026-01-01T00:00Z")

    with pytest.raises(InvalidFile) as refusal:
        plan(file_of(a={"workflow": "secret", "calendars": ["theirs"]}))

    assert [one["path"] for one in refusal.value.errors] == ["schedules.a.workflow", "schedules.a.calendars"]
