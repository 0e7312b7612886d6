"""A plan says what would change, and changes nothing."""

from datetime import timedelta

import pytest

from events.models import Event
from schedules import services
from schedules.as_code.steps import Action, Plan, Step
from schedules.models import Calendar, Schedule
from tests.schedules.as_code.conftest import NIGHTLY, NOON, Run, file_of
from workflows.models import Workflow

DAILY = [{"preset": "daily", "at": "09:30"}]
FREE = "calendars: {free: {entries: [{kind: weekly, days: [SAT, SUN]}]}}\n"


def actions(plan: Plan) -> dict[str, str]:
    return {step.name: str(step.action) for step in plan.schedules}


def only(plan: Plan) -> Step:
    (step,) = plan.schedules
    return step


def fields(step: Step) -> dict[str, tuple[object, object]]:
    return {one.field: (one.before, one.after) for one in step.differences}


def test_a_new_schedule_is_shown_with_its_next_fires_and_not_created(plan: Run) -> None:
    step = only(plan(NIGHTLY))

    assert step.action is Action.CREATE
    assert [at.isoformat() for at in step.next_fires] == [
        "2026-06-02T00:30:00+00:00",
        "2026-06-03T00:30:00+00:00",
        "2026-06-04T00:30:00+00:00",
    ]
    assert not Schedule.objects.exists()
    assert not Event.objects.exists()


def test_times_that_are_settled_by_the_creation_are_shown_as_an_example(plan: Run) -> None:
    made = plan(
        file_of(
            a={"rules": [{"kind": "cron", "expression": "H 9 * * *"}]},
            b={"rules": [{"kind": "interval", "every_seconds": 60}]},
            c={"rules": [{"kind": "cron", "expression": "0 9 * * THU"}]},
        )
    )

    assert ["example" in step.note for step in made.schedules] == [True, True, False]


def test_a_change_is_shown_setting_by_setting_and_fire_by_fire(plan: Run, apply: Run) -> None:
    apply(NIGHTLY)

    step = only(plan(NIGHTLY.replace("30 2", "30 3") + "    priority: 9\n"))

    assert step.action is Action.CHANGE
    assert fields(step) == {
        "rules": (
            [{"kind": "cron", "expression": "30 2 * * *"}],
            [{"kind": "cron", "expression": "30 3 * * *"}],
        ),
        "priority": (5, 9),
    }
    assert step.fires is not None
    assert len(step.fires.removed) == len(step.fires.added) == 30
    assert Schedule.objects.get().version == 1


def test_a_change_that_moves_no_fire_compares_none(plan: Run, apply: Run) -> None:
    apply(NIGHTLY)

    assert only(plan(NIGHTLY + "    priority: 9\n")).fires is None


def test_the_same_said_in_other_words_is_no_change(plan: Run, apply: Run) -> None:
    apply(
        file_of(a={"catchup_window": "90m", "overlap": "skip", "rules": [{"preset": "daily", "at": "09:30"}]})
    )

    again = plan(
        file_of(
            a={"catchup_window": 5400, "rules": [{"kind": "cron", "expression": "30 9 * * *"}], "input": {}}
        )
    )

    assert actions(again) == {"a": "unchanged"}
    assert not again.changes


def test_an_interval_without_anchor_stays_where_it_began(plan: Run, apply: Run) -> None:
    text = file_of(a={"rules": [{"kind": "interval", "every_seconds": 3600}]})
    apply(text)

    assert not plan(text, now=NOON + timedelta(minutes=7)).changes


def test_what_the_file_leaves_out_gets_its_default(plan: Run, apply: Run) -> None:
    apply(file_of(a={"priority": 9, "description": "text", "catchup_window": "5m"}))

    assert fields(only(plan(file_of(a={})))) == {
        "priority": (9, 5),
        "description": ("text", ""),
        "catchup_window": ("5m", "1d"),
    }


def test_what_somebody_set_by_hand_is_shown_as_drift_with_their_name(plan: Run, apply: Run) -> None:
    apply(file_of(a={"queue": "fast"}))
    services.change(Schedule.objects.get(), now=NOON, by="ada", priority=9)
    services.change(Schedule.objects.get(), now=NOON, by="bob", description="mine")

    step = only(plan(file_of(a={"queue": "slow"})))

    assert {one.field: one.drift for one in step.differences} == {
        "queue": "",
        "priority": "ada in version 2",
        "description": "bob in version 3",
    }


def test_enabled_compares_only_disabled_with_all_else(plan: Run, apply: Run) -> None:
    apply(file_of(a={}, b={"enabled": False}))
    services.pause(Schedule.objects.get(name="a"), by="ada", now=NOON)

    assert actions(plan(file_of(a={}, b={"enabled": False}))) == {"a": "unchanged", "b": "unchanged"}
    assert actions(plan(file_of(a={"enabled": False}, b={}))) == {"a": "disable", "b": "enable"}


def test_a_schedule_that_disabled_itself_at_its_end_is_not_enabled_again(plan: Run, apply: Run) -> None:
    once = file_of(
        a={"rules": [{"kind": "one_time", "at": "2026-07-01T00:00:00+00:00"}], "on_complete": "disable"}
    )
    apply(once)
    Schedule.objects.update(state="disabled", next_fire_at=None, next_due_at=None)

    assert actions(plan(once, now=NOON + timedelta(days=60))) == {"a": "unchanged"}


def test_an_orphan_is_reported_and_archived_only_when_asked(plan: Run, apply: Run) -> None:
    apply(file_of(a={}, b={}))

    reported = plan(file_of(a={}))

    assert actions(reported) == {"a": "unchanged", "b": "orphan"}
    assert not reported.changes
    assert actions(plan(file_of(a={}), prune=True)) == {"a": "unchanged", "b": "archive"}


def test_the_schedules_of_other_sources_are_no_orphans(plan: Run, apply: Run) -> None:
    apply(file_of(a={}))
    apply(file_of(b={}).replace("source: ops", "source: dev"))

    assert actions(plan(file_of(a={}), prune=True)) == {"a": "unchanged"}


@pytest.mark.parametrize("owner", ["", "dev"])
def test_a_name_that_is_somebody_elses_is_a_conflict_unless_it_is_adopted(
    plan: Run, workflow: Workflow, owner: str
) -> None:
    services.create(
        workflow.organization,
        now=NOON,
        name="a",
        workflow=workflow,
        rules=DAILY,
        priority=7,
        managed_by=owner,
    )

    refused, adopted = plan(file_of(a={})), plan(file_of(a={}), adopt=True)

    assert refused.conflicts == ["a"]
    assert f"owned by {owner or 'nobody'}" in only(refused).note
    assert fields(only(adopted)) == {"priority": (7, 5), "managed_by": (owner, "ops")}


def test_one_of_nobody_that_is_as_the_file_says_is_left_alone(plan: Run, workflow: Workflow) -> None:
    services.create(workflow.organization, now=NOON, name="a", workflow=workflow, rules=DAILY)

    step = only(plan(file_of(a={})))

    assert step.action is Action.UNCHANGED
    assert "--adopt" in step.note


def test_a_calendar_of_the_file_counts_for_its_schedules(plan: Run) -> None:
    made = plan(file_of(a={"calendars": ["free"]}) + FREE, now=NOON + timedelta(days=4))

    assert [(step.name, step.action) for step in made.calendars] == [("free", Action.CREATE)]
    assert [at.isoweekday() for at in only(made).next_fires] == [1, 2, 3]
    assert not Calendar.objects.exists()


def test_a_changed_calendar_names_the_schedules_that_use_it(plan: Run, apply: Run) -> None:
    apply(file_of(a={"calendars": ["free"]}) + FREE)
    due = Schedule.objects.get().next_due_at

    (step,) = plan(file_of(a={"calendars": ["free"]}) + FREE.replace("SAT, SUN", "SUN")).calendars

    assert (step.action, step.note) == (Action.CHANGE, "used by a")
    assert Schedule.objects.get().next_due_at == due
    assert Calendar.objects.get().version == 1


def test_the_fingerprint_is_that_of_the_change_and_not_of_the_hour(plan: Run) -> None:
    text = file_of(a={"rules": [{"kind": "interval", "every_seconds": 3600}]})
    later = plan(text, now=NOON + timedelta(minutes=7))

    assert plan(text).fingerprint == later.fingerprint
    assert plan(text).fingerprint != plan(text.replace("3600", "7200")).fingerprint


def test_the_fingerprint_changes_with_the_schedule_that_would_change(plan: Run, apply: Run) -> None:
    apply(file_of(a={}))
    before = plan(file_of(a={"priority": 9}))
    services.change(Schedule.objects.get(), now=NOON, by="ada", description="mine")

    assert plan(file_of(a={"priority": 9})).fingerprint != before.fingerprint
