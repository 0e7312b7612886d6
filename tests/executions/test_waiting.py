"""Executions that wait for a place: how many, how long, and who lets them in."""

from datetime import timedelta

import pytest

import clock
from events.models import Event
from executions import queries, sweeps
from executions.admitting import admission
from executions.admitting.overlap import MAX_WAITING
from executions.models import Execution
from tests.executions.groups import NOON, Group, MakeGroup, claim, end, insert_step_of


def test_the_thousand_and_first_to_wait_is_refused(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")

    decisions = group.start(*range(MAX_WAITING + 3))

    assert decisions == ["start"] + ["wait"] * MAX_WAITING + ["buffer_full"] * 2
    assert len(group.numbers("pending")) == MAX_WAITING


def test_one_that_has_waited_too_long_is_dropped_and_told_and_the_next_one_starts(
    make_group: MakeGroup,
) -> None:
    group = make_group("buffer_all")
    group.start(1)
    group.start(2, waits_until=clock.now() - timedelta(seconds=1))
    group.start(3)

    end(claim())

    assert group.states() == {1: "completed", 2: "cancelled", 3: "running"}
    skipped = Event.objects.get(type="schedule.skipped")
    assert (skipped.execution_id, skipped.data["reason"]) == (group.get(2).pk, "misfire")


def test_one_that_has_waited_too_long_keeps_no_other_from_waiting(make_group: MakeGroup) -> None:
    group = make_group("buffer_one")
    group.start(1)
    group.start(2, waits_until=clock.now() - timedelta(seconds=1))

    assert group.start(3) == ["wait"]

    assert group.states() == {1: "running", 2: "cancelled", 3: "pending"}


def test_a_place_that_is_free_goes_to_a_new_start_and_not_to_one_that_waited_too_long(
    make_group: MakeGroup,
) -> None:
    group = make_group("buffer_all")
    group.start(1)
    group.start(2, waits_until=clock.now() - timedelta(seconds=1))
    Execution.objects.filter(pk=group.get(1).pk).update(state="completed", finished_at=NOON)

    group.start(3)

    assert group.numbers("running") == [3]


def test_release_may_run_any_number_of_times(make_group: MakeGroup) -> None:
    group = make_group("buffer_all", limit=2)
    group.start(1, 2, 3, 4)

    for _ in range(3):
        admission.release([group.key], now=clock.now())

    assert (group.numbers("running"), group.numbers("pending")) == ([1, 2], [3, 4])


def lose_the_place_of(group: Group, number: int) -> None:
    """Close an execution as a process does that dies before it lets others in."""
    queries.disown_steps(group.get(number).pk, now=clock.now())
    queries.close(group.get(number).pk, state="cancelled", error="", now=clock.now())


def test_the_sweep_lets_in_what_a_lost_close_left_waiting(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")
    group.start(1, 2, 3)
    lose_the_place_of(group, 1)
    assert group.numbers("running") == []

    sweeps.admit_waiting(now=clock.now())

    assert (group.numbers("running"), group.numbers("pending")) == ([2], [3])


def test_the_sweep_finds_a_stuck_group_behind_a_long_queue(
    make_group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "WAITING_BATCH", 2)
    busy, stuck = make_group("buffer_all"), make_group("buffer_all", shape="two steps")
    soon, later = clock.now() + timedelta(minutes=1), clock.now() + timedelta(hours=1)
    busy.start(1, 2, 3, 4, waits_until=soon)
    stuck.start(1, 2, waits_until=later)
    lose_the_place_of(stuck, 1)

    for _ in range(2):
        sweeps.admit_waiting(now=clock.now())

    assert stuck.numbers("running") == [2]


def test_the_sweep_drops_what_has_waited_too_long(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")
    group.start(1)
    group.start(2, waits_until=clock.now() - timedelta(seconds=1))

    sweeps.admit_waiting(now=clock.now())

    assert group.states() == {1: "running", 2: "cancelled"}
    assert "catch-up window" in group.get(2).error


def test_a_group_that_cannot_be_released_keeps_no_other_waiting(make_group: MakeGroup) -> None:
    broken, sound = make_group("buffer_all"), make_group("buffer_all", shape="two steps")
    for group, minutes in ((broken, 1), (sound, 2)):
        group.start(1, 2, waits_until=clock.now() + timedelta(minutes=minutes))
        lose_the_place_of(group, 1)
    insert_step_of(broken.get(2))

    sweeps.admit_waiting(now=clock.now())

    assert sound.numbers("running") == [2]
