"""Single runs on request: run now, leave one out, put it back."""

from typing import Any

import pytest

from events.models import Event
from executions.errors import IdempotencyConflict, Overlapping
from executions.models import Execution
from schedules import services
from schedules.errors import IllegalScheduleMove, InvalidSchedule
from schedules.models import Schedule
from schedules.services.runs import MAX_SKIPS
from tests.schedules.minutes import (
    Beat,
    MakeMinutely,
    accounted,
    at,
    claim,
    finish,
    fired,
    skipped,
    stands,
)
from workflows.errors import InvalidInput


@pytest.fixture
def schedule(minutely: MakeMinutely) -> Schedule:
    return minutely(input={"n": 1})


def trigger(schedule: Schedule, minute: float = 0.5, **how: Any) -> Execution:
    return Execution.objects.get(pk=services.trigger(schedule, by="ada", now=at(minute), **how).id)


def skip(schedule: Schedule, minute: float, **how: Any) -> Any:
    return services.skip(schedule, by="ada", now=at(minute), **how)


def test_a_run_by_hand_may_change_input_and_priority(schedule: Schedule) -> None:
    run = trigger(schedule, input={"n": 2}, priority=9)

    assert (run.input, run.priority, run.queue, run.started_by) == ({"n": 2}, 9, "default", "ada")
    assert (run.source, run.fire_at, run.schedule_id) == ("manual", at(0.5), schedule.pk)


def test_a_run_by_hand_with_a_wrong_input_starts_nothing(schedule: Schedule) -> None:
    with pytest.raises(InvalidInput, match=r"input\.n"):
        trigger(schedule, input={"n": "x"})
    assert not Execution.objects.exists()


@pytest.mark.parametrize(
    ("overlap", "state", "first"),
    [
        ("allow", "running", "running"),
        ("allow_all", "running", "running"),
        ("queue", "pending", "running"),
        ("buffer_one", "pending", "running"),
        ("cancel_other", "running", "cancelled"),
        ("terminate_other", "running", "cancelled"),
    ],
)
def test_a_run_by_hand_may_have_its_own_overlap_policy(
    schedule: Schedule, overlap: str, state: str, first: str
) -> None:
    earlier = trigger(schedule)

    assert trigger(schedule, overlap=overlap).state == state

    earlier.refresh_from_db()
    assert earlier.state == first


@pytest.mark.parametrize("overlap", ["", "skip"])
def test_a_run_by_hand_beside_another_is_refused_and_says_what_to_write(
    schedule: Schedule, overlap: str
) -> None:
    trigger(schedule)

    with pytest.raises(Overlapping, match="buffer_all"):
        trigger(schedule, overlap=overlap)


def test_an_unknown_overlap_policy_is_named(schedule: Schedule) -> None:
    with pytest.raises(InvalidSchedule, match="overlap"):
        trigger(schedule, overlap="sometimes")


@pytest.mark.parametrize("overlap", ["cancel_other", "terminate_other"])
def test_a_run_that_replaces_others_replaces_all_of_them(minutely: MakeMinutely, overlap: str) -> None:
    schedule = minutely(overlap="buffer_all", max_active=3)
    for _ in range(2):
        trigger(schedule)

    run = trigger(schedule, overlap=overlap)

    run.refresh_from_db()
    assert run.state == "running"
    assert Execution.objects.filter(state="running").count() == 1


def test_the_same_key_answers_with_the_first_run_though_another_would_be_refused(schedule: Schedule) -> None:
    first = services.trigger(schedule, by="ada", now=at(0.5), idempotency_key="k")

    again = services.trigger(schedule, by="ada", now=at(0.6), idempotency_key="k")

    assert (again.id, first.created, again.created) == (first.id, True, False)
    with pytest.raises(IdempotencyConflict):
        trigger(schedule, idempotency_key="k", input={"n": 5})


@pytest.mark.parametrize("stop", [services.pause, services.disable])
def test_a_stopped_schedule_is_run_by_hand(schedule: Schedule, stop: Any) -> None:
    assert trigger(stop(schedule, by="ada", now=at(0.2))).state == "running"


def test_a_run_by_hand_moves_neither_the_next_time_nor_the_count(schedule: Schedule, beat: Beat) -> None:
    trigger(schedule)
    beat(0.6)
    finish(claim())
    beat(0.7)

    assert stands(schedule) == ("active", 1)
    assert schedule.fires == 0


def test_the_next_time_is_left_out_and_recorded_when_it_comes(schedule: Schedule, beat: Beat) -> None:
    assert skip(schedule, 0.5) == at(1)

    assert stands(schedule) == ("active", 2)
    beat(1)
    assert skipped(schedule) == []
    beat(2)
    assert (fired(schedule), skipped(schedule)) == ([2], [("requested", 1, 1, 1)])
    assert schedule.history.count() == 1


def test_each_request_leaves_out_one_more(schedule: Schedule, beat: Beat) -> None:
    assert [skip(schedule, 0.5) for _ in range(3)] == [at(1), at(2), at(3)]

    beat(4)

    assert (fired(schedule), skipped(schedule)) == ([4], [("requested", 1, 3, 3)])
    schedule.refresh_from_db()
    assert schedule.skip_times == []


def test_one_that_is_left_out_is_put_back(schedule: Schedule, beat: Beat) -> None:
    skip(schedule, 0.5)

    services.unskip(schedule, by="ada", now=at(0.6), at=at(1))

    assert stands(schedule) == ("active", 1)
    types = Event.objects.filter(type__contains=".skip").order_by("id").values_list("type", flat=True)
    assert list(types) == ["schedule.skip_requested", "schedule.skip_withdrawn"]


def test_what_is_not_left_out_cannot_be_put_back(schedule: Schedule) -> None:
    skip(schedule, 0.5)

    with pytest.raises(InvalidSchedule, match="at: is not left out"):
        services.unskip(schedule, by="ada", now=at(0.6), at=at(2))

    assert not Event.objects.filter(type="schedule.skip_withdrawn").exists()


def test_a_request_for_one_time_may_be_repeated(schedule: Schedule) -> None:
    for _ in range(2):
        assert skip(schedule, 0.5, at=at(7)) == at(7)

    schedule.refresh_from_db()
    assert schedule.skip_times == [at(7)]


def test_the_last_of_the_most_requests_may_be_repeated(schedule: Schedule) -> None:
    for _ in range(MAX_SKIPS):
        skip(schedule, 0.5)

    assert skip(schedule, 0.5, at=at(MAX_SKIPS)) == at(MAX_SKIPS)
    with pytest.raises(InvalidSchedule, match=str(MAX_SKIPS)):
        skip(schedule, 0.5)


@pytest.mark.parametrize("minute", [1, 0, 3.5, 100.01])
def test_only_a_future_time_of_the_rules_is_left_out(schedule: Schedule, beat: Beat, minute: float) -> None:
    beat(1)

    with pytest.raises(InvalidSchedule, match="at"):
        skip(schedule, 1.5, at=at(minute))


def test_only_an_active_schedule_leaves_a_time_out(schedule: Schedule) -> None:
    services.pause(schedule, by="ada", now=at(0.2))

    with pytest.raises(IllegalScheduleMove, match="paused"):
        skip(schedule, 0.5)


@pytest.mark.parametrize(
    "settings", [{"rules": [{"kind": "one_time", "at": at(1).isoformat()}]}, {"end_at": at(1)}]
)
def test_the_only_time_is_left_out_and_may_be_put_back(
    minutely: MakeMinutely, beat: Beat, settings: dict[str, Any]
) -> None:
    schedule = minutely(**settings)
    skip(schedule, 0.5)

    services.unskip(schedule, by="ada", now=at(0.6), at=at(1))
    beat(1)

    assert fired(schedule) == [1]


@pytest.mark.parametrize(
    "settings", [{"rules": [{"kind": "one_time", "at": at(1).isoformat()}]}, {"end_at": at(1)}]
)
def test_the_only_time_is_recorded_before_the_schedule_completes(
    minutely: MakeMinutely, beat: Beat, settings: dict[str, Any]
) -> None:
    schedule = minutely(**settings)
    skip(schedule, 0.5)

    beat(0.9)
    assert stands(schedule) == ("active", None)
    beat(1)

    assert stands(schedule) == ("completed", None)
    assert skipped(schedule) == [("requested", 1, 1, 1)]


def test_a_time_that_is_left_out_stays_so_over_an_edit_a_pause_and_a_catch_up(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(catchup="all", overlap="allow_all")
    skip(schedule, 0.2, at=at(3))
    services.change(schedule, now=at(0.3), description="the same")
    services.pause(schedule, by="ada", now=at(0.4))
    services.resume(schedule, by="ada", now=at(4.5), catch_up=True)

    beat(4.5)

    assert (fired(schedule), skipped(schedule)) == ([1, 2, 4], [("requested", 3, 3, 1)])
    assert accounted(schedule) == 4


def test_a_due_time_that_beat_has_not_taken_yet_may_still_be_left_out(schedule: Schedule, beat: Beat) -> None:
    skip(schedule, 1.5)

    beat(1.6)

    assert fired(schedule) == []
    assert stands(schedule) == ("active", 2)
