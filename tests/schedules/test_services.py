"""What people do to schedules."""

from datetime import timedelta
from typing import Any

import pytest

import clock
from events.models import Event
from executions.models import Execution
from organizations.models import Organization
from schedules import services
from schedules.errors import DuplicateSchedule, IllegalScheduleMove, InvalidSchedule, StaleSchedule
from schedules.models import Schedule, SkippedFire
from schedules.states import MOVES, ScheduleState
from tests.conftest import MakeWorkflow
from workflows import services as workflow_services

DAILY = [{"kind": "cron", "expression": "30 9 * * *"}]


@pytest.fixture
def schedule(organization: Organization, make_workflow: MakeWorkflow) -> Schedule:
    workflow = make_workflow(name="target", inputs={"properties": {"n": {"type": "integer"}}})
    return services.create(
        organization, now=clock.now(), name="daily", workflow=workflow, rules=DAILY, timezone="Europe/Berlin"
    )


def test_next_fires_are_read_in_the_schedules_zone(schedule: Schedule) -> None:
    summer = clock.now().replace(month=7, day=1)

    first = services.next_fires(schedule, after=summer, count=3)[0]

    assert (first.hour, first.minute) == (7, 30)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"rules": [{"kind": "cron", "expression": "61 * * * *"}]}, "rules[0].expression"),
        ({"rules": [{"kind": "interval", "every_seconds": 0}]}, "rules[0].every_seconds"),
        ({"rules": [{"kind": "one_time", "at": "2020-01-01T00:00:00+00:00"}]}, "rules[0].at"),
        ({"rules": [{"kind": "monthly"}]}, "rules[0].kind"),
        ({"rules": []}, "rules"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"input": {"n": "x"}}, "input.n"),
        ({"priority": 10}, "priority"),
        ({"queue": "no spaces"}, "queue"),
        ({"name": "Daily Report"}, "name"),
        ({"dst_gap": "later"}, "dst_gap"),
        ({"dst_overlap": "third"}, "dst_overlap"),
        ({"catchup": "some"}, "catchup"),
        ({"catchup_window": timedelta(days=90)}, "catchup_window"),
    ],
)
def test_a_wrong_setting_is_named_and_changes_nothing(
    schedule: Schedule, settings: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidSchedule) as refusal:
        services.change(schedule, now=clock.now(), **settings)

    assert path in [error["path"] for error in refusal.value.errors]
    assert Schedule.objects.get().version == 1


def test_an_end_before_the_first_fire_is_refused(schedule: Schedule) -> None:
    with pytest.raises(InvalidSchedule, match="end_at"):
        services.change(schedule, now=clock.now(), end_at=clock.now() + timedelta(seconds=1), start_at=None)


def test_every_problem_is_told_at_once(schedule: Schedule) -> None:
    with pytest.raises(InvalidSchedule) as refusal:
        services.change(schedule, now=clock.now(), priority=99, timezone="Nowhere", input={"n": "x"})

    assert {error["path"] for error in refusal.value.errors} == {"priority", "timezone", "input.n"}


def test_a_change_based_on_an_older_version_is_refused(schedule: Schedule) -> None:
    services.change(schedule, now=clock.now(), description="first", based_on=1)

    with pytest.raises(StaleSchedule, match="version 2"):
        services.change(schedule, now=clock.now(), description="second", based_on=1)


def test_a_change_that_changes_nothing_is_no_version(schedule: Schedule) -> None:
    same: dict[str, Any] = {
        "rules": DAILY,
        "description": schedule.description,
        "workflow": schedule.workflow,
    }

    unchanged = services.change(schedule, now=clock.now(), by="ada", reason="none", **same)

    assert (unchanged.version, unchanged.updated_at) == (1, schedule.updated_at)
    assert Schedule.history.count() == 1


def test_an_edit_that_changes_nothing_mends_a_schedule_in_error_without_a_version(schedule: Schedule) -> None:
    Schedule.objects.update(state="error", error="broken", next_due_at=None)

    mended = services.change(schedule, now=clock.now(), description=schedule.description)

    assert (mended.state, mended.error, mended.version) == ("active", "", 1)
    assert Schedule.history.count() == 1


def test_a_name_is_taken_once_and_free_after_archiving(schedule: Schedule) -> None:
    again: dict[str, Any] = {"name": "daily", "workflow": schedule.workflow, "rules": DAILY}
    with pytest.raises(DuplicateSchedule):
        services.create(schedule.organization, now=clock.now(), **again)

    services.archive(schedule, by="ada", now=clock.now())

    services.create(schedule.organization, now=clock.now(), **again)


def test_a_change_of_rule_never_fires_for_the_past(schedule: Schedule) -> None:
    rules = [{"kind": "interval", "every_seconds": 1, "anchor": "2020-01-01T00:00:00+00:00"}]

    changed = services.change(schedule, now=clock.now(), rules=rules)

    assert changed.cursor_at > schedule.cursor_at
    assert changed.next_fire_at is not None
    assert changed.next_fire_at > changed.cursor_at


def test_a_change_of_input_leaves_the_next_fire_alone(schedule: Schedule) -> None:
    changed = services.change(schedule, now=clock.now(), input={"n": 2})

    assert (changed.next_fire_at, changed.cursor_at) == (schedule.next_fire_at, schedule.cursor_at)


def test_a_completed_schedule_can_be_described_and_stays_completed(schedule: Schedule) -> None:
    once = [{"kind": "one_time", "at": "2020-01-01T00:00:00+00:00"}]
    Schedule.objects.update(state="completed", rules=once, next_fire_at=None, next_due_at=None)

    changed = services.change(schedule, now=clock.now(), description="done")

    assert (changed.state, changed.description) == ("completed", "done")


@pytest.mark.parametrize("reason", ["paused", "edited", "archived"])
def test_times_that_were_due_and_are_dropped_by_a_person_are_recorded(
    schedule: Schedule, reason: str
) -> None:
    services.change(schedule, now=clock.now(), rules=[{"kind": "interval", "every_seconds": 1}])
    later = clock.now() + timedelta(seconds=30)

    match reason:
        case "paused":
            services.pause(schedule, by="ada", now=later)
        case "edited":
            services.change(schedule, now=later, rules=DAILY)
        case "archived":
            services.archive(schedule, by="ada", now=later)

    skipped = SkippedFire.objects.get()
    assert skipped.reason == reason
    assert skipped.count in {29, 30}


def test_a_paused_schedule_stays_paused_when_its_rule_changes(schedule: Schedule) -> None:
    services.pause(schedule, by="ada", now=clock.now())

    changed = services.change(schedule, now=clock.now(), rules=[{"kind": "interval", "every_seconds": 5}])

    assert (changed.state, changed.next_due_at) == ("paused", None)


def test_an_interval_keeps_its_anchor_when_something_else_changes(schedule: Schedule) -> None:
    every = services.change(schedule, now=clock.now(), rules=[{"kind": "interval", "every_seconds": 60}])

    changed = services.change(
        every, now=clock.now(), description="same rhythm", rules=[{"kind": "interval", "every_seconds": 60}]
    )

    assert changed.rules == every.rules
    assert "anchor" in changed.rules[0]


def test_pausing_and_resuming_tell_who_and_why(schedule: Schedule) -> None:
    paused = services.pause(schedule, by="ada", now=clock.now(), reason="holiday")
    services.resume(schedule, by="bob", now=clock.now())

    assert (paused.state, paused.paused_by, paused.pause_reason) == ("paused", "ada", "holiday")
    events = Event.objects.order_by("id").values_list("type", "data")
    assert list(events) == [
        ("schedule.paused", {"by": "ada", "reason": "holiday", "until": None}),
        ("schedule.resumed", {"by": "bob", "catch_up": False}),
    ]


def test_an_archived_workflow_can_have_no_new_schedule(schedule: Schedule) -> None:
    workflow_services.archive(schedule.workflow)

    with pytest.raises(InvalidSchedule, match="workflow"):
        services.create(
            schedule.organization, now=clock.now(), name="new", workflow=schedule.workflow, rules=DAILY
        )


def test_a_trigger_starts_now_beside_the_rule_even_while_paused(schedule: Schedule) -> None:
    services.pause(schedule, by="ada", now=clock.now())
    schedule.refresh_from_db()

    first = services.trigger(schedule, by="ada", now=clock.now(), input={"n": 3})
    second = services.trigger(schedule, by="ada", now=clock.now(), overlap="allow")

    assert first.id != second.id
    execution = Execution.objects.get(pk=first.id)
    assert (execution.source, execution.schedule_id, execution.input) == ("manual", schedule.pk, {"n": 3})
    assert execution.fire_kind.startswith("manual:")


@pytest.mark.parametrize(
    "state", [state for state in ScheduleState if ScheduleState.PAUSED not in {state, *MOVES[state]}]
)
def test_a_schedule_that_is_not_active_cannot_be_paused(schedule: Schedule, state: ScheduleState) -> None:
    Schedule.objects.update(state=state, next_due_at=None)

    with pytest.raises(IllegalScheduleMove, match=state.value):
        services.pause(schedule, by="ada", now=clock.now())


def test_an_archived_schedule_refuses_everything(schedule: Schedule) -> None:
    archived = services.archive(schedule, by="ada", now=clock.now())
    now = clock.now()

    for act in (
        lambda: services.change(archived, now=now, description="x"),
        lambda: services.resume(archived, by="a", now=now),
        lambda: services.trigger(archived, by="a", now=now),
        lambda: services.archive(archived, by="a", now=now),
    ):
        with pytest.raises(IllegalScheduleMove, match="archived"):
            act()
