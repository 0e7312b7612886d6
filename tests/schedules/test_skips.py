"""Rows of skipped times: how they grow, and what ends them."""

import pytest

from events.models import Event
from executions.errors import LostLease
from executions.models import Execution
from schedules import services
from schedules.models import SkippedFire
from tests.schedules.minutes import Beat, MakeMinutely, accounted, at, claim, end_all, finish, fired, skipped


def test_refused_times_that_follow_each_other_are_one_row(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()

    for minute in range(1, 6):
        beat(minute)

    assert (fired(schedule), skipped(schedule)) == ([1], [("overlap", 2, 5, 4)])


def test_a_start_between_two_refused_times_ends_the_row(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    for minute in range(1, 8):
        if minute == 4:
            end_all()
        beat(minute)

    assert fired(schedule) == [1, 4]
    assert skipped(schedule) == [("overlap", 2, 3, 2), ("overlap", 5, 7, 3)]


def test_another_reason_between_two_refused_times_ends_the_row(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    services.skip(schedule, by="ada", now=at(0.5), at=at(3))

    for minute in range(1, 6):
        beat(minute)

    assert skipped(schedule) == [("overlap", 2, 2, 1), ("requested", 3, 3, 1), ("overlap", 4, 5, 2)]


def test_missed_times_of_two_passes_with_a_start_between_are_two_rows(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(overlap="allow_all")

    beat(3)
    beat(6)

    assert fired(schedule) == [3, 6]
    assert skipped(schedule) == [("misfire", 1, 2, 2), ("misfire", 4, 5, 2)]


def test_missed_times_of_two_passes_without_a_start_are_one_row(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(catchup_window=(at(1) - at(0)) / 6)

    for minute in (3.5, 4.5, 9.99):
        beat(minute)

    assert (fired(schedule), skipped(schedule)) == ([], [("misfire", 1, 9, 9)])


def test_a_caught_up_pass_that_is_refused_after_its_first_start_is_one_row(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(catchup="all")

    beat(9)

    assert (fired(schedule), skipped(schedule)) == ([1], [("overlap", 2, 9, 8)])


def test_a_caught_up_backlog_of_several_passes_is_one_row_too(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(catchup="all")

    for step in range(4):
        beat(50 + step / 100)

    assert (fired(schedule), skipped(schedule)) == ([1], [("overlap", 2, 50, 49)])


def test_a_row_grows_only_for_its_own_schedule(minutely: MakeMinutely, beat: Beat) -> None:
    busy, idle = minutely("busy"), minutely("idle", overlap="allow_all")

    for minute in range(1, 5):
        beat(minute)

    assert skipped(busy) == [("overlap", 2, 4, 3)]
    assert skipped(idle) == []


def test_a_pause_between_refused_times_ends_the_row(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    beat(1)
    beat(2)
    services.pause(schedule, by="ada", now=at(2.5))
    services.resume(schedule, by="ada", now=at(3.5))
    beat(4)

    assert skipped(schedule) == [("overlap", 2, 2, 1), ("paused", 3, 3, 1), ("overlap", 4, 4, 1)]


@pytest.mark.parametrize(("policy", "reason"), [("skip", "overlap"), ("buffer_one", "overlap")])
def test_a_refused_time_is_told(minutely: MakeMinutely, beat: Beat, policy: str, reason: str) -> None:
    minutely(overlap=policy)
    for minute in (1, 2, 3):
        beat(minute)

    told = Event.objects.filter(type="schedule.skipped").values_list("data__reason", "data__count")
    assert list(told) == [(reason, 1)] * (2 if policy == "skip" else 1)


@pytest.mark.parametrize("policy", ["cancel_other", "terminate_other"])
def test_of_a_backlog_that_replaces_itself_the_newest_runs(
    minutely: MakeMinutely, beat: Beat, policy: str
) -> None:
    schedule = minutely(overlap=policy, catchup="all")

    beat(5)

    assert (fired(schedule, "running"), skipped(schedule)) == ([5], [("overlap", 1, 4, 4)])


def test_a_running_one_is_replaced_and_its_late_finish_changes_nothing(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(overlap="terminate_other")
    beat(1)
    held = claim()

    beat(2)

    with pytest.raises(LostLease):
        finish(held)
    assert (fired(schedule, "cancelled"), fired(schedule, "running")) == ([1], [2])


def test_what_waits_too_long_keeps_its_execution_as_the_record(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(overlap="buffer_one", catchup_window=at(2) - at(0))
    for minute in range(1, 6):
        beat(minute)
    end_all()

    assert accounted(schedule) == 5
    assert Execution.objects.filter(state="pending").count() == 0
    assert not SkippedFire.objects.filter(reason="misfire").exists()
