"""A pass over due schedules."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from events.models import Event
from executions.models import Execution
from organizations.models import Organization
from schedules import fire, services, timetable
from schedules.models import Schedule, SkippedFire
from tests.conftest import MakeWorkflow
from workflows import services as workflow_services

Shift = Callable[[timedelta], None]
EVERY_MINUTE = [{"kind": "interval", "every_seconds": 60}]


@pytest.fixture
def make_schedule(organization: Organization, make_workflow: MakeWorkflow) -> Callable[..., Schedule]:
    workflow = make_workflow(name="target", inputs={"properties": {"n": {"type": "integer"}}})

    def make(name: str = "minutely", **settings: Any) -> Schedule:
        given = {"workflow": workflow, "rules": EVERY_MINUTE, **settings}
        return services.create(organization, now=clock.now(), name=name, **given)

    return make


MakeSchedule = Callable[..., Schedule]


def test_a_due_schedule_fires_once_with_its_nominal_time(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    schedule = make_schedule(input={"n": 1}, priority=8)
    shift_clock(timedelta(seconds=61))

    assert fire.fire_due().taken == 1
    assert fire.fire_due().taken == 0

    execution = Execution.objects.get()
    assert (execution.fire_at, execution.fire_kind) == (schedule.next_fire_at, "auto")
    assert (execution.input, execution.priority, execution.source) == ({"n": 1}, 8, "schedule")


def test_the_schedule_moves_on_to_its_next_time(make_schedule: MakeSchedule, shift_clock: Shift) -> None:
    schedule = make_schedule()
    before = schedule.next_fire_at
    assert before is not None
    shift_clock(timedelta(seconds=61))

    fire.fire_due()

    schedule.refresh_from_db()
    assert schedule.last_fire_at == schedule.cursor_at == before
    assert schedule.next_fire_at == schedule.next_due_at == before + timedelta(minutes=1)


def test_after_an_outage_the_times_that_did_not_start_are_recorded(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    schedule = make_schedule()
    shift_clock(timedelta(minutes=10, seconds=30))

    fire.fire_due()

    skipped = SkippedFire.objects.get()
    assert (skipped.schedule, skipped.count, skipped.reason) == (schedule, 9, "misfire")
    assert Execution.objects.count() == 1
    assert Event.objects.filter(type="schedule.skipped").count() == 1


def test_a_long_outage_of_a_dense_schedule_is_accounted_for_over_several_passes(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    schedule = make_schedule(rules=[{"kind": "interval", "every_seconds": 1}])
    shift_clock(timedelta(seconds=50_000.5))

    passes = 0
    while fire.fire_due().taken:
        passes += 1

    missed = SkippedFire.objects.filter(reason="misfire").order_by("first_fire_at")
    assert [one.detail.partition(";")[0] for one in missed] == [
        "older than the catch-up window of 1h",
        "a newer time takes its place: catchup is latest",
    ]
    skipped = sum(SkippedFire.objects.values_list("count", flat=True))
    schedule.refresh_from_db()
    reached = (schedule.cursor_at - schedule.created_at) // timedelta(seconds=1)
    assert passes >= 3
    assert skipped + Execution.objects.count() == reached >= 50_000


def test_a_backlog_is_released_in_parts_and_lets_live_fires_pass(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    every_second = [{"kind": "interval", "every_seconds": 1}]
    behind = make_schedule("behind", catchup="all", overlap="allow_all", rules=every_second)
    shift_clock(timedelta(seconds=100.5))

    first = fire.fire_due()

    behind.refresh_from_db()
    assert (first.taken, Execution.objects.count()) == (1, 20)
    assert behind.next_fire_at is not None
    assert behind.next_due_at is not None
    assert behind.next_fire_at < first.now < behind.next_due_at
    shift_clock(timedelta(seconds=100.9))
    fire.fire_due()
    assert list(Execution.objects.order_by("fire_at").values_list("fire_at", flat=True)) == [
        behind.created_at + timedelta(seconds=n) for n in range(1, 41)
    ]


@pytest.mark.parametrize("rules", [5, None, [], [5], "x", [{"kind": "cron"}]])
def test_rules_that_somebody_broke_never_stop_the_pass(
    make_schedule: MakeSchedule, shift_clock: Shift, rules: Any
) -> None:
    bad, good = make_schedule("bad"), make_schedule("good")
    Schedule.objects.filter(pk=bad.pk).update(rules=rules if rules is not None else {"a": 1})
    shift_clock(timedelta(seconds=61))

    fire.fire_due()

    bad.refresh_from_db()
    assert bad.state in {"error", "completed"}
    assert Execution.objects.get().schedule_id == good.pk


def test_a_one_time_schedule_completes_after_its_time(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    at = (clock.now() + timedelta(seconds=5)).isoformat()
    schedule = make_schedule(rules=[{"kind": "one_time", "at": at}])
    shift_clock(timedelta(seconds=6))

    fire.fire_due()

    schedule.refresh_from_db()
    assert (schedule.state, schedule.next_due_at) == ("completed", None)
    assert Execution.objects.count() == 1


def test_a_schedule_that_cannot_be_evaluated_is_set_aside_and_the_others_fire(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    bad, good = make_schedule("bad"), make_schedule("good")
    Schedule.objects.filter(pk=bad.pk).update(rules=[{"kind": "cron", "expression": "61 * * * *"}])
    due_at = bad.next_fire_at
    shift_clock(timedelta(seconds=61))

    fire.fire_due()

    bad.refresh_from_db()
    assert bad.state == "error"
    assert "minute" in bad.error
    skipped = SkippedFire.objects.get()
    assert (skipped.schedule, skipped.first_fire_at, skipped.reason) == (bad, due_at, "error")
    assert Execution.objects.get().schedule_id == good.pk


def test_a_schedule_whose_input_no_longer_fits_is_set_aside_with_the_reason(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    schedule = make_schedule(input={"n": 1})
    definition = {
        "inputs": {"properties": {"n": {"type": "string"}}},
        "steps": [{"id": "a", "kind": "set", "values": {}}],
    }
    workflow_services.change(schedule.workflow, definition=definition)
    shift_clock(timedelta(seconds=61))

    fire.fire_due()

    schedule.refresh_from_db()
    assert schedule.state == "error"
    assert "input.n" in schedule.error


def test_a_paused_schedule_does_not_fire_and_accrues_nothing(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    schedule = make_schedule()
    services.pause(schedule, by="ada", now=clock.now(), reason="holiday")
    shift_clock(timedelta(hours=3))

    assert fire.fire_due().taken == 0

    resumed = services.resume(schedule, by="ada", now=clock.now())
    assert resumed.next_fire_at is not None
    assert resumed.next_fire_at > clock.now()
    assert fire.fire_due().taken == 0
    skipped = SkippedFire.objects.get()
    assert (skipped.reason, skipped.count, skipped.detail) == ("paused", 180, "by ada: holiday")


def test_a_fire_that_was_recorded_before_a_crash_is_not_recorded_again(
    make_schedule: MakeSchedule, shift_clock: Shift
) -> None:
    schedule = make_schedule()
    shift_clock(timedelta(seconds=61))
    fire.fire_due()

    Schedule.objects.filter(pk=schedule.pk).update(
        cursor_at=schedule.cursor_at, next_fire_at=schedule.next_fire_at, next_due_at=schedule.next_due_at
    )
    fire.fire_due()

    assert Execution.objects.count() == 1


def test_a_pass_costs_the_same_statements_for_one_schedule_and_for_fifty(
    make_schedule: MakeSchedule, shift_clock: Shift, django_assert_num_queries: Any
) -> None:
    for number in range(50):
        make_schedule(f"s{number}")
    shift_clock(timedelta(seconds=61))
    next(timetable.times(Schedule.objects.all()[0], after=clock.now()))

    with django_assert_num_queries(
        9
    ):  # savepoint twice, clock, due, workflows, groups twice, record, advance
        fire.fire_due()

    assert Execution.objects.count() == 50
