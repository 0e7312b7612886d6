"""Schedules whose workflow has limits: what waits, what is recorded as skipped, and in which order."""

from typing import Any

import pytest

import clock
from executions import sweeps
from executions.models import Execution, Place
from organizations.models import Organization
from schedules import services
from schedules.models import Schedule
from tests.schedules.minutes import Beat, MakeMinutely, SetClock, at, end_all, fired, skipped
from workflows import services as workflows
from workflows.models import Workflow

STEPS = [{"id": "only", "kind": "set", "values": {}}]


@pytest.fixture
def target(organization: Organization) -> Workflow:
    return workflows.create(organization, name="target", definition=limited_to({"running": 1}))


def limited_to(*limits: dict[str, Any]) -> dict[str, Any]:
    return {"limits": list(limits), "steps": STEPS}


def pass_twice(beat: Beat) -> None:
    for minute in (1, 2):
        beat(minute)


def test_schedules_of_one_workflow_share_its_limit(minutely: MakeMinutely, beat: Beat) -> None:
    one, other = minutely("one"), minutely("other")

    beat(1)

    states = {row.schedule_id: row.state for row in Execution.objects.all()}
    assert sorted(states.values()) == ["pending", "running"]
    end_all()
    assert Execution.objects.filter(schedule_id__in=[one.pk, other.pk], state="completed").count() == 2


def test_a_limit_that_refuses_is_recorded_as_a_skip(
    minutely: MakeMinutely, beat: Beat, target: Workflow
) -> None:
    workflows.change(target, definition=limited_to({"running": 1, "when_full": "refuse"}))
    schedule = minutely(overlap="allow_all")

    pass_twice(beat)

    assert fired(schedule) == [1]
    assert skipped(schedule) == [("limit", 2, 2, 1)]
    assert Schedule.objects.get().state == "active"


def test_a_run_that_waits_for_a_limit_counts_for_the_overlap_policy(
    minutely: MakeMinutely, beat: Beat
) -> None:
    minutely("first", overlap="allow_all")
    beat(1)
    schedule = minutely("second", start_at=at(2), overlap="skip")

    for minute in (2, 3):
        beat(minute)

    assert fired(schedule, "pending") == [2]
    assert skipped(schedule) == [("overlap", 3, 3, 1)]


def test_what_waits_for_a_limit_beyond_the_catch_up_window_is_dropped(
    minutely: MakeMinutely, beat: Beat, set_clock: SetClock
) -> None:
    schedule = minutely(overlap="allow_all", catchup_window=at(1.5) - at(0))
    pass_twice(beat)
    services.pause(schedule, by="ada", now=clock.now())

    set_clock(4)
    sweeps.admit_waiting(now=clock.now())

    assert (fired(schedule, "running"), fired(schedule, "cancelled")) == ([1], [2])


def test_an_edited_policy_leaves_what_has_its_place_in_the_schedule(
    minutely: MakeMinutely, beat: Beat
) -> None:
    minutely("first", overlap="allow_all")
    beat(1)
    schedule = minutely("second", start_at=at(2), overlap="buffer_all")
    for minute in (2, 3, 4):
        beat(minute)

    services.change(schedule, now=clock.now(), overlap="skip")

    assert (fired(schedule, "pending"), fired(schedule, "cancelled")) == ([2], [3, 4])


def test_an_archived_schedule_takes_back_what_waits_for_a_limit(minutely: MakeMinutely, beat: Beat) -> None:
    minutely("first", overlap="allow_all")
    beat(1)
    schedule = minutely("second", start_at=at(2), overlap="buffer_all")
    beat(2)

    services.archive(schedule, by="ada", now=clock.now())

    assert fired(schedule, "cancelled") == [2]
    assert not Place.objects.filter(execution__schedule_id=schedule.pk, released_at=None).exists()


def test_the_end_of_one_that_waited_for_both_lets_the_next_of_its_schedule_in(
    minutely: MakeMinutely, beat: Beat, set_clock: SetClock, target: Workflow
) -> None:
    workflows.change(target, definition=limited_to({"starts": 1, "per": "3m"}))
    schedule = minutely(overlap="buffer_all", catchup_window=at(60) - at(0), end_at=at(3))
    for minute in (1, 2, 3):
        beat(minute)
    end_all()
    set_clock(4.5)
    sweeps.admit_waiting(now=clock.now())
    assert (fired(schedule, "running"), fired(schedule, "pending")) == ([2], [3])

    set_clock(8)
    end_all()

    assert fired(schedule, "completed") == [1, 2, 3]
