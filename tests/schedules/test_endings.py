"""What the end of a run means to its schedule."""

from collections.abc import Callable
from typing import Any

import pytest

import clock
from events.models import Event
from executions import services as executions
from executions.models import Execution
from schedules import services
from schedules.models import Schedule
from tests.schedules.minutes import (
    AFTER_A_MINUTE,
    BROKEN,
    EVERY_MINUTE,
    Beat,
    MakeMinutely,
    SetClock,
    at,
    end_all,
    fired,
    skipped,
    stands,
)


@pytest.fixture
def follower(minutely: MakeMinutely) -> Schedule:
    """Make a schedule that starts a minute after its last run has ended."""
    return minutely(rules=AFTER_A_MINUTE)


@pytest.fixture
def fragile(minutely: MakeMinutely) -> Schedule:
    """Make a schedule that pauses after three failures in a row."""
    return minutely(auto_pause_after=3)


def run(beat: Beat, minute: float, *outcomes: Any) -> None:
    """Let a schedule fire, its run end, and beat hear of it."""
    beat(minute)
    end_all(outcomes)
    beat(minute + 0.1)


def end_run(how: str, beat: Beat) -> None:
    match how:
        case "completed":
            end_all()
        case "failed":
            end_all([BROKEN])
        case "cancelled":
            executions.cancel(Execution.objects.get(), by="ada", now=clock.now())
        case "terminated":
            executions.terminate(Execution.objects.get(), by="ada", now=clock.now())


@pytest.mark.parametrize("how", ["completed", "failed", "cancelled", "terminated"])
def test_the_next_time_is_counted_from_the_end_of_the_run_however_it_ended(
    follower: Schedule, beat: Beat, set_clock: SetClock, how: str
) -> None:
    assert stands(follower) == ("active", 1)
    beat(1)
    assert stands(follower) == ("active", None)
    beat(30)

    set_clock(40)
    end_run(how, beat)
    beat(40)

    assert stands(follower) == ("active", 41)
    assert fired(follower) == [1]
    beat(41)
    assert fired(follower) == [1, 41]


def test_a_time_that_an_active_run_refuses_is_tried_again_after_the_delay(
    follower: Schedule, beat: Beat
) -> None:
    services.trigger(follower, by="ada", now=at(0.5))

    beat(1)

    assert skipped(follower) == [("overlap", 1, 1, 1)]
    assert stands(follower) == ("active", 2)


def test_the_end_of_a_run_by_hand_moves_nothing(follower: Schedule, beat: Beat, set_clock: SetClock) -> None:
    services.trigger(follower, by="ada", now=at(0.2))
    set_clock(0.5)

    end_all()
    beat(0.5)

    assert stands(follower) == ("active", 1)


def test_one_that_waited_and_was_dropped_counts_as_ended(minutely: MakeMinutely, beat: Beat) -> None:
    follower = minutely(rules=AFTER_A_MINUTE, overlap="buffer_one")
    services.trigger(follower, by="ada", now=at(0.5))
    beat(1)
    assert stands(follower) == ("active", None)

    executions.cancel(Execution.objects.get(state="pending"), by="ada", now=at(5))
    beat(5)

    assert stands(follower) == ("active", 6)


@pytest.mark.parametrize(("ends", "next_at"), [(2, 21), (10, 21), (30, 31)])
def test_a_pause_puts_the_next_time_off(
    follower: Schedule, beat: Beat, set_clock: SetClock, ends: float, next_at: float
) -> None:
    beat(1)
    acts: dict[float, Callable[[], Any]] = {
        ends: end_all,
        2.5: lambda: services.pause(follower, by="ada", now=at(2.5)),
        20: lambda: services.resume(follower, by="ada", now=at(20)),
    }

    for minute in sorted(acts):
        set_clock(minute)
        acts[minute]()
        beat(minute)

    assert stands(follower) == ("active", next_at)
    assert fired(follower) == [1]


def test_resumed_with_catch_up_it_starts_what_came_due_meanwhile(
    follower: Schedule, beat: Beat, set_clock: SetClock
) -> None:
    services.pause(follower, by="ada", now=at(0.5))

    services.resume(follower, by="ada", now=at(20), catch_up=True)
    beat(20)

    assert fired(follower) == [1]


def test_an_edited_delay_counts_from_the_edit_or_from_the_end(
    follower: Schedule, beat: Beat, set_clock: SetClock
) -> None:
    longer = [{"kind": "after_completion", "delay_seconds": 120}]
    services.change(follower, now=at(0.5), rules=longer)
    assert stands(follower) == ("active", 2.5)
    beat(2.5)

    services.change(follower, now=at(3), rules=AFTER_A_MINUTE)
    assert stands(follower) == ("active", None)
    set_clock(7)
    end_all()
    beat(7)

    assert stands(follower) == ("active", 8)


def test_a_rule_of_another_kind_may_become_one_after_completion_and_back(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely()

    services.change(schedule, now=at(0.5), rules=AFTER_A_MINUTE)
    assert stands(schedule) == ("active", 1.5)
    services.change(schedule, now=at(0.7), rules=EVERY_MINUTE)
    assert stands(schedule) == ("active", 1)


def test_a_time_that_is_left_out_is_followed_by_another(follower: Schedule, beat: Beat) -> None:
    services.skip(follower, by="ada", now=at(0.5))

    beat(1)

    assert skipped(follower) == [("requested", 1, 1, 1)]
    assert stands(follower) == ("active", 2)


def test_an_excluded_time_is_followed_by_another(minutely: MakeMinutely, beat: Beat) -> None:
    entries = [{"kind": "instants", "from": at(3).isoformat(), "to": at(5).isoformat()}]
    other = minutely("other")
    calendar = services.create_calendar(other.organization, now=at(0), name="closed", entries=entries)
    follower = minutely("follower", rules=AFTER_A_MINUTE, calendars=[calendar.pk])
    run(beat, 1)
    set_to = [beat(minute) for minute in (2.2, 3, 4, 5)]

    assert set_to
    assert [reason for reason, *_ in skipped(follower)] == ["calendar"] * len(skipped(follower))
    assert stands(follower)[0] == "active"


def test_so_many_failures_in_a_row_pause_it_and_name_the_run_and_the_error(
    fragile: Schedule, beat: Beat
) -> None:
    for minute in (1, 2, 3):
        run(beat, minute, BROKEN)

    assert stands(fragile) == ("paused", None)
    last = Execution.objects.get(fire_at=at(3))
    assert (fragile.paused_by, fragile.consecutive_failures) == ("auto-pause", 3)
    assert str(last.pk) in fragile.pause_reason
    assert "only: no" in fragile.pause_reason
    told = Event.objects.get(type="schedule.paused")
    assert (told.data["by"], told.data["execution_id"]) == ("auto-pause", str(last.pk))


def test_a_success_between_them_starts_the_count_again(fragile: Schedule, beat: Beat) -> None:
    for minute, outcome in enumerate((BROKEN, BROKEN, None, BROKEN, BROKEN), start=1):
        run(beat, minute, outcome)

    assert stands(fragile) == ("active", 6)
    assert fragile.consecutive_failures == 2


@pytest.mark.parametrize("act", [executions.cancel, executions.terminate])
def test_a_cancelled_run_neither_counts_nor_starts_the_count_again(
    fragile: Schedule, beat: Beat, act: Any
) -> None:
    run(beat, 1, BROKEN)
    run(beat, 2, BROKEN)
    beat(3)
    act(Execution.objects.get(fire_at=at(3)), by="ada", now=at(3))
    beat(3.1)
    assert stands(fragile)[0] == "active"

    run(beat, 4, BROKEN)

    assert stands(fragile)[0] == "paused"
