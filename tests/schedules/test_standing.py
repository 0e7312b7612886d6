"""Pausing, resuming, disabling, archiving and purging: whether a schedule fires."""

from collections.abc import Callable
from typing import Any

import pytest

from events.models import Event
from executions.models import Execution
from schedules import fire, services
from schedules.errors import IllegalScheduleMove, InvalidSchedule
from schedules.models import Schedule, SkippedFire
from tests.schedules.minutes import (
    MINUTE,
    Beat,
    MakeMinutely,
    accounted,
    at,
    fired,
    skipped,
    stands,
)

Stop = Callable[[Schedule, float], Any]


def pause(schedule: Schedule, minute: float, **how: Any) -> Schedule:
    return services.pause(schedule, by="ada", now=at(minute), **how)


def resume(schedule: Schedule, minute: float, **how: Any) -> Schedule:
    return services.resume(schedule, by="bob", now=at(minute), **how)


def disable(schedule: Schedule, minute: float) -> Schedule:
    return services.disable(schedule, by="ada", now=at(minute))


def archive(schedule: Schedule, minute: float) -> Schedule:
    return services.archive(schedule, by="ada", now=at(minute))


@pytest.fixture
def break_down(set_clock: Callable[[float], Any]) -> Stop:
    """Set a schedule aside, as a pass does that cannot evaluate it."""

    def act(schedule: Schedule, minute: float) -> None:
        set_clock(minute)
        fire.set_aside(schedule.pk, error=ValueError("cannot be evaluated"))

    return act


def test_what_is_due_when_it_is_paused_is_recorded_and_not_started(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely()

    pause(schedule, 2.5)
    beat(9)

    assert (fired(schedule), skipped(schedule)) == ([], [("paused", 1, 2, 2)])


def test_a_resumed_schedule_fires_from_now_on(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    pause(schedule, 0.5)

    resume(schedule, 5)
    beat(5)

    assert stands(schedule) == ("active", 6)
    assert (fired(schedule), skipped(schedule)) == ([], [("paused", 1, 5, 5)])


@pytest.mark.parametrize(
    ("catchup", "starts", "misfires"), [("latest", [30], 29), ("all", [28, 29, 30], 27), ("none", [30], 29)]
)
def test_a_resumed_schedule_may_catch_up_within_its_window(
    minutely: MakeMinutely, beat: Beat, catchup: str, starts: list[float], misfires: int
) -> None:
    schedule = minutely(catchup=catchup, catchup_window=2 * MINUTE, overlap="allow_all")
    pause(schedule, 0.5)

    resume(schedule, 30, catch_up=True)
    beat(30)

    assert fired(schedule) == starts
    assert sum(count for reason, *_, count in skipped(schedule) if reason == "misfire") == misfires


def test_what_was_recorded_when_it_was_paused_is_not_caught_up(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(catchup="all", overlap="allow_all")
    pause(schedule, 2.5)

    resume(schedule, 4.5, catch_up=True)
    beat(4.5)

    assert (fired(schedule), skipped(schedule)) == ([3, 4], [("paused", 1, 2, 2)])


def test_a_pause_ends_by_itself(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    pause(schedule, 0.5, until=at(3))

    beat(2.9)
    assert stands(schedule) == ("paused", None)
    beat(3)

    assert stands(schedule) == ("active", 4)
    assert schedule.paused_until is None
    assert Event.objects.get(type="schedule.resumed").data["by"] == "the end of its pause"
    assert skipped(schedule) == [("paused", 1, 3, 3)]


@pytest.mark.parametrize("minute", [0, 1])
def test_a_pause_until_the_past_is_refused(minutely: MakeMinutely, minute: float) -> None:
    schedule = minutely()

    with pytest.raises(InvalidSchedule, match="until"):
        pause(schedule, 1, until=at(minute))
    assert stands(schedule) == ("active", 1)


def test_a_schedule_that_cannot_be_resumed_keeps_no_other_paused(minutely: MakeMinutely, beat: Beat) -> None:
    bad, good = minutely("bad"), minutely("good")
    pause(bad, 0.5, until=at(1))
    pause(good, 0.5, until=at(2))
    Schedule.objects.filter(pk=bad.pk).update(rules=[{"kind": "cron", "expression": "61 * * * *"}])

    beat(3)

    assert stands(good) == ("active", 4)
    assert stands(bad)[0] != "active"
    assert not Schedule.objects.to_resume(at(9)).exists()


def test_a_disabled_schedule_is_enabled_again_by_a_resume(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    assert disable(schedule, 1.5).state == "disabled"
    beat(5)

    resume(schedule, 6)

    assert stands(schedule) == ("active", 7)
    assert skipped(schedule) == [("disabled", 1, 1, 1), ("disabled", 2, 6, 5)]
    detail = SkippedFire.objects.get(count=5).detail
    assert detail == "by ada: "


def test_a_schedule_that_was_set_aside_is_resumed(
    minutely: MakeMinutely, beat: Beat, break_down: Stop
) -> None:
    schedule = minutely()
    break_down(schedule, 2.5)
    beat(4)
    assert stands(schedule) == ("error", None)

    resume(schedule, 5)

    assert stands(schedule) == ("active", 6)
    assert (schedule.error, fired(schedule)) == ("", [])
    assert skipped(schedule) == [("error", 1, 2, 2), ("error", 3, 5, 3)]


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        (pause, disable, ["paused", "paused"]),
        (pause, archive, ["paused", "paused"]),
        (disable, archive, ["disabled", "disabled"]),
        ("break down", pause, ["error", "error"]),
        ("break down", disable, ["error", "error"]),
        ("break down", archive, ["error", "error"]),
    ],
)
def test_times_keep_the_reason_of_the_state_in_which_they_passed(
    minutely: MakeMinutely, break_down: Stop, first: Any, second: Stop, reasons: list[str]
) -> None:
    schedule = minutely()

    (break_down if first == "break down" else first)(schedule, 2.5)
    second(schedule, 4.5)

    assert [reason for reason, *_ in skipped(schedule)] == reasons
    assert accounted(schedule) == 4


@pytest.mark.parametrize("stop", [disable, archive])
def test_nothing_that_a_completed_schedule_no_longer_owed_is_recorded(
    minutely: MakeMinutely, beat: Beat, stop: Stop
) -> None:
    schedule = minutely(max_executions=1)
    beat(1)

    stop(schedule, 9.5)

    assert skipped(schedule) == []


@pytest.mark.parametrize("end", [archive, disable])
def test_an_archived_schedule_accounts_for_what_was_due(
    minutely: MakeMinutely, beat: Beat, end: Stop
) -> None:
    schedule = minutely(overlap="allow_all")
    beat(1)

    ended = end(schedule, 3.5)
    beat(9)

    assert skipped(schedule) == [(ended.state, 2, 3, 2)]
    assert accounted(schedule) == 3


def test_a_purged_schedule_leaves_its_executions_and_nothing_else(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    for minute in (1, 2):
        beat(minute)
    archived = archive(schedule, 2.5)

    services.purge(archived, by="ada", now=at(3))

    assert not Schedule.objects.exists()
    assert not SkippedFire.objects.exists()
    assert not Schedule.history.exists()
    assert Execution.objects.get().schedule_id == schedule.pk
    assert Event.objects.filter(type="schedule.purged", data__name="minutely").count() == 1


def test_only_an_archived_schedule_is_purged(minutely: MakeMinutely) -> None:
    with pytest.raises(IllegalScheduleMove, match="archive it first"):
        services.purge(minutely(), by="ada", now=at(1))


@pytest.mark.parametrize("state", ["active", "completed", "archived"])
def test_what_fires_or_has_ended_cannot_be_resumed(minutely: MakeMinutely, state: str) -> None:
    schedule = minutely()
    Schedule.objects.update(state=state, next_due_at=None)

    with pytest.raises(IllegalScheduleMove, match=state):
        resume(schedule, 1)


@pytest.mark.parametrize("act", ["disable", "archive"])
def test_what_waits_never_starts_once_the_schedule_is_switched_off_or_archived(
    minutely: MakeMinutely, beat: Beat, act: str
) -> None:
    schedule = minutely(overlap="buffer_all")
    beat(1)
    beat(2)
    assert Execution.objects.filter(schedule_id=schedule.pk, state="pending").count() == 1

    getattr(services, act)(schedule, by="ada", now=at(2.5))

    waiting = Execution.objects.get(schedule_id=schedule.pk, fire_at=at(2))
    assert (waiting.state, act in waiting.error) == ("cancelled", True)
    assert Execution.objects.filter(schedule_id=schedule.pk, state="running").count() == 1
